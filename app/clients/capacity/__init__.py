"""Which micro clients fit the week."""
