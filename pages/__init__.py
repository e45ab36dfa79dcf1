"""The pages that app.py shows. A package, not a bare folder: another that is called `pages` cannot take its place."""
