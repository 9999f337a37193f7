"""Delivery to destinations, and the checks of public addresses."""
