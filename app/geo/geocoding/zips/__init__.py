"""US ZIP codes as a geocoder."""
