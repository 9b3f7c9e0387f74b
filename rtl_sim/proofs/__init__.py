"""Proofs of a build's Verilog by SMT; docs/proofs.md says what is proven, and how."""
