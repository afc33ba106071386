// A program's standard streams, as lines.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "sim/live/descriptor.h"
#include "sim/script/outside.h"

namespace natsim::live {

// Contract: `on_line` is called for each line of standard output as it is read, `on_error_line` for
// each of standard error; `on_silence` once when standard output has ended. A line's end is not
// part of it; a line of more than 1 MiB comes in pieces.
class RealProgram {
 public:
  // natsim's ends of its three streams.
  RealProgram(boost::asio::io_context& io, std::string name, Descriptor input, Descriptor output,
              Descriptor errors);
  RealProgram(const RealProgram&) = delete;  // what is under way refers to it
  RealProgram& operator=(const RealProgram&) = delete;

  void begin();
  void say(std::string_view line);
  void close_input();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool silent() const { return silent_; }
  // How it ended, once that is known. `told`: the world knows it too.
  std::optional<script::ProgramEnd> end;
  bool told = false;

  // The last lines of standard error, for when it fails.
  [[nodiscard]] const std::deque<std::string>& last_errors() const { return last_errors_; }

  std::function<void(std::string_view)> on_line;
  std::function<void(std::string_view)> on_error_line;
  std::function<void()> on_silence;

 private:
  void read_output();
  void read_errors();
  void write();

  std::string name_;
  boost::asio::posix::stream_descriptor input_;
  boost::asio::posix::stream_descriptor output_;
  boost::asio::posix::stream_descriptor errors_;
  std::string to_write_;  // what its input has not taken yet
  bool writing_ = false;
  bool close_after_ = false;  // its input, when all is written
  std::string output_text_;   // after the last whole line
  std::string error_text_;
  std::deque<std::string> last_errors_;
  bool silent_ = false;
};

}  // namespace natsim::live
