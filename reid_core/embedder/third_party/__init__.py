"""Networks that were made elsewhere: recognised, converted, tried, and added as models."""
