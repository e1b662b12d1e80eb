"""`make bench-postgresql`: Freiton on PostgreSQL beside FastAPI, bare COPY and pgbench, and a model of its growth."""
