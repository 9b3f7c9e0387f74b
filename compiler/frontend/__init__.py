"""From a checkpoint to the compiler's graph, and to the samples that a build is judged by."""
