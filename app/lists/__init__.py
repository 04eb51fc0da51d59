"""Lists in and out: read any vendor's file, write every answer."""
