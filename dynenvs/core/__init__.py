"""What every world stands on: the World contract, layouts, random streams, compilation, snapshots and errors."""
