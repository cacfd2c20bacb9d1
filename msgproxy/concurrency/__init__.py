"""What threads need beside queues: a stop signal, a start and a join, and checks of ownership."""
