"""A day's visits among the rows, in the best order, as pages to print and for a phone's map."""
