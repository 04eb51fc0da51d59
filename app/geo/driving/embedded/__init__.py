"""Our own Valhalla, and the reach that spares it most questions."""
