"""Drawn people: a site that does not exist, for the demo, for tests, and to train on without anybody's picture."""

from reid_core.datasets.synthetic.site import DrawnCrop, PlannedCrop, SiteConfig, draw_site, plan_site, write_site

__all__ = ["DrawnCrop", "PlannedCrop", "SiteConfig", "draw_site", "plan_site", "write_site"]
