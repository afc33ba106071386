#include "sim/live/real_program.h"

#include <utility>

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

namespace natsim::live {
namespace {

constexpr std::size_t longest_line = 1 << 20;
constexpr std::size_t most_last_errors = 20;
constexpr std::size_t block = 4096;  // bytes asked for at once

// Takes the whole lines out of `text`, which has grown by what begins at `grown`.
template <typename Take>
void take_lines(std::string& text, std::size_t grown, Take&& take) {
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n', grown); end != std::string::npos;
       end = text.find('\n', begin)) {
    std::string_view line(text.data() + begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    take(line);
    begin = end + 1;
  }
  text.erase(0, begin);
  if (text.size() <= longest_line) return;
  take(std::string_view(text));
  text.clear();
}

}  // namespace

RealProgram::RealProgram(boost::asio::io_context& io, std::string name, Descriptor input,
                         Descriptor output, Descriptor errors)
    : name_(std::move(name)),
      input_(io, input.release()),
      output_(io, output.release()),
      errors_(io, errors.release()) {
  input_.non_blocking(true);
}

void RealProgram::begin() {
  read_output();
  read_errors();
}

void RealProgram::read_output() {
  const std::size_t before = output_text_.size();
  output_text_.resize(before + block);
  output_.async_read_some(boost::asio::buffer(output_text_.data() + before, block),
                          [this, before](const boost::system::error_code& error, std::size_t size) {
                            if (error == boost::asio::error::operation_aborted) return;
                            output_text_.resize(before + size);
                            take_lines(output_text_, before, on_line);
                            if (!error) return read_output();
                            if (!output_text_.empty()) on_line(std::exchange(output_text_, {}));
                            silent_ = true;
                            on_silence();
                          });
}

void RealProgram::read_errors() {
  const std::size_t before = error_text_.size();
  error_text_.resize(before + block);
  errors_.async_read_some(boost::asio::buffer(error_text_.data() + before, block),
                          [this, before](const boost::system::error_code& error, std::size_t size) {
                            if (error == boost::asio::error::operation_aborted) return;
                            error_text_.resize(before + size);
                            take_lines(error_text_, before, [this](std::string_view line) {
                              if (last_errors_.size() == most_last_errors) last_errors_.pop_front();
                              last_errors_.emplace_back(line);
                              on_error_line(line);
                            });
                            if (!error) read_errors();
                          });
}

void RealProgram::say(std::string_view line) {
  if (close_after_) return;
  to_write_ += line;
  to_write_ += '\n';
  write();
}

void RealProgram::close_input() {
  close_after_ = true;
  write();
}

// What the input takes at once is written at once: a program may be waiting for it.
void RealProgram::write() {
  if (writing_ || !input_.is_open()) return;
  boost::system::error_code error;
  while (!to_write_.empty()) {
    const std::size_t size = input_.write_some(boost::asio::buffer(to_write_), error);
    to_write_.erase(0, size);
    if (error == boost::asio::error::would_block) {
      writing_ = true;
      input_.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                        [this](const boost::system::error_code& failure) {
                          if (failure == boost::asio::error::operation_aborted) return;
                          writing_ = false;
                          write();
                        });
      return;
    }
    if (error) {  // it reads no more
      to_write_.clear();
      input_.close(error);
      return;
    }
  }
  if (close_after_) input_.close(error);
}

}  // namespace natsim::live
