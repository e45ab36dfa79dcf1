"""From a recording to tracklets and their best crops: decode, detect, track, choose.

Pure: pictures, boxes and times in, tracklets out. Nothing here knows of galleries, SQL or pages.
"""
