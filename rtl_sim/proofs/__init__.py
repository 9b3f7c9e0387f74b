"""Proofs of a build's Verilog by SMT; docs/proofs.md says which properties are proven, and how."""
