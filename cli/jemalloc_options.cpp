/// Read by jemalloc when the program starts. Its own thread returns unused memory to the system
/// also while the engine is idle. Has no effect where the program is built with another allocator.
/// Source: jemalloc(3), "TUNING".
extern "C" const char* malloc_conf;
const char* malloc_conf = "background_thread:true,percpu_arena:percpu";
