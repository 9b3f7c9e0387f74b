"""From a checkpoint to the compiler's graph, and to the vectors that a build is judged by."""
