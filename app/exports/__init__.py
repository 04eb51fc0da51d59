"""An answer -> what printers, callers and mailing tools take."""
