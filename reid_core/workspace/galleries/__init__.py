"""Galleries as people work with them: browsed, corrected, checked against their original pictures."""
