"""What the daemon remembers of applications without the plugin, from one start to the next."""
