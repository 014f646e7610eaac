// Empty: CMake makes the precompiled header of a target for a source that uses it.
