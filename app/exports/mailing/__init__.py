"""Files that mailing tools, CRM systems and phones import, each as its tool documents them."""
