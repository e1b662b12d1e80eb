"""`make failover`: Freiton on three hosts behind HAProxy, its database on a cluster of three that loses its primary."""
