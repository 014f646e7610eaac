#pragma once

namespace pawl::server {

/// Makes the process return the memory of large buffers (bodies, answers, values of 1 MiB or more)
/// to the system as soon as they are freed. By default the C library raises its threshold with each
/// large buffer that is freed, up to 32 MiB, and keeps them from then on. For the whole process;
/// call it once, before threads are started. Without effect for other C libraries than glibc.
void return_large_buffers() noexcept;

}  // namespace pawl::server
