"""Letters, merged into a DOCX."""
