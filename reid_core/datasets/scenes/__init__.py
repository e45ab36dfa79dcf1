"""Annotated scenes: whole frames with boxes of people, as MOT, COCO, CVAT, YOLO and tables of boxes have them.

One file per format. Each fills a `Scene`, and `dataset_of` makes crops of it: a row for each box of a person, whose
`frame` names the picture that the import cuts it from.
"""
