// The room that a script runs in: Lua with bounded memory and instructions, without files,
// processes and clocks, and the same in every run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/script/limits.h"
#include "sim/script/lua.h"
#include "stack/base/random.h"

namespace natsim::script {

// Contract:
// 1. Scripts have Lua's basic functions and its string, table, math and utf8 libraries, but for
//    what would reach outside, load code, or differ between runs; see stable_library.h. Naming
//    any of that, or a global that does not exist, is an error that says so.
// 2. When the script has used up its memory or its instructions it ends with an error, which
//    pcall passes on.
// 3. A sandbox is one Lua state and shares nothing with another.
class Sandbox {
 public:
  // `random` is what math.random draws from; `folder` is where require looks.
  Sandbox(const Limits& limits, Random random, std::string folder);
  Sandbox(const Sandbox&) = delete;  // the Lua state refers to it
  Sandbox& operator=(const Sandbox&) = delete;
  ~Sandbox();

  [[nodiscard]] lua_State* lua() const { return lua_; }
  // The sandbox that a state, or a coroutine of it, is of.
  static Sandbox& of(lua_State* lua);

  // Compiles a chunk of text, whose path messages will show, onto the stack; false with the message
  // there instead if it does not compile.
  static bool compile(lua_State* lua, std::string_view source, const std::string& path);

  // Counts work that the simulator does for the script as so many instructions.
  void charge_instructions(lua_State* lua, std::uint64_t count);
  // Counts memory that the simulator keeps for the script; it is never given back.
  void charge_memory(lua_State* lua, std::uint64_t bytes);

  // From now on no pcall of the script holds up an error: the script is to end.
  void end_script() { ending_ = true; }
  [[nodiscard]] bool ending() const { return ending_; }
  // Ends the script after Lua was refused memory.
  [[noreturn]] void raise_exhausted(lua_State* lua);
  // Which limit that was, as the error says it.
  [[nodiscard]] std::string exhausted_text() const;

  Random& random() { return random_; }
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  // Copying and clearing memory takes time too: so many bytes of it count as an instruction.
  static constexpr std::uint64_t bytes_per_instruction = 64;

  static void* allocate(void* self, void* block, std::size_t old_size, std::size_t new_size);
  static void count_instructions(lua_State* lua, lua_Debug* record);

  Limits limits_;
  Random random_;
  std::string folder_;
  std::uint64_t memory_used_ = 0;        // bytes
  std::uint64_t instructions_used_ = 0;  // counted in steps of the hook
  bool ending_ = false;
  lua_State* lua_;
};

}  // namespace natsim::script
