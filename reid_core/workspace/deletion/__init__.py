"""Deletion of crops and all that was made of them, with a receipt; legal holds that prevent it."""
