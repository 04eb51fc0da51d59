"""Drive times: the port, the estimate, and the engines."""
