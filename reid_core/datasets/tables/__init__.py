"""Tables that name pictures: CSV, Parquet; which column holds what, and what times mean."""
