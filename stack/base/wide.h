// Integers of 128 bits, for products of two of 64. A compiler's extension, named in one place.
#pragma once

namespace natsim {

__extension__ using Wide = __int128;
__extension__ using WideUnsigned = unsigned __int128;

}  // namespace natsim
