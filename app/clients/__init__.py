"""The firm's own clients: who pays the bills, whom to look for, whom to keep, who introduces."""
