// Compiled with the include path of one library and the name of a header: does it reach the header?
#include NATSIM_PROBED_HEADER
