#include "stack/media/video_frames.h"

#include <algorithm>
#include <utility>

namespace natsim::media {
namespace {

// Bits of H.264, most significant first, and its Exp-Golomb numbers (§9.1).
class BitWriter {
 public:
  void bits(std::uint32_t value, int count) {
    for (int i = count - 1; i >= 0; --i) {
      if (used_ == 0) bytes_.push_back(0);
      if ((value >> i & 1U) != 0) {
        bytes_.back() = static_cast<std::uint8_t>(bytes_.back() | 0x80U >> used_);
      }
      used_ = (used_ + 1) % 8;
    }
  }
  void ue(std::uint32_t value) {
    int length = 0;
    while ((value + 1) >> length > 1) ++length;
    bits(0, length);
    bits(value + 1, length + 1);
  }
  // rbsp_trailing_bits.
  Bytes finish() {
    bits(1, 1);
    return std::move(bytes_);
  }
  // What is there, without an end: more data follows.
  Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
  int used_ = 0;  // bits of the last byte
};

constexpr std::uint32_t macroblock = 16;

Bytes make_sps(Resolution resolution) {
  BitWriter out;
  out.bits(0x67, 8);       // nal_ref_idc 3, type 7
  out.bits(0x42e01f, 24);  // constrained baseline, level 3.1
  out.ue(0);               // seq_parameter_set_id
  out.ue(0);               // log2_max_frame_num_minus4
  out.ue(2);               // pic_order_cnt_type
  out.ue(1);               // max_num_ref_frames
  out.bits(0, 1);          // gaps_in_frame_num_value_allowed_flag
  const std::uint32_t columns = (resolution.width + macroblock - 1) / macroblock;
  const std::uint32_t rows = (resolution.height + macroblock - 1) / macroblock;
  out.ue(columns - 1);
  out.ue(rows - 1);
  out.bits(1, 1);  // frame_mbs_only_flag
  out.bits(1, 1);  // direct_8x8_inference_flag
  const std::uint32_t right = (columns * macroblock - resolution.width) / 2;
  const std::uint32_t bottom = (rows * macroblock - resolution.height) / 2;
  out.bits(right + bottom > 0 ? 1 : 0, 1);  // frame_cropping_flag
  if (right + bottom > 0) {
    out.ue(0);
    out.ue(right);
    out.ue(0);
    out.ue(bottom);
  }
  out.bits(0, 1);  // vui_parameters_present_flag
  return out.finish();
}

Bytes make_pps() {
  BitWriter out;
  out.bits(0x68, 8);  // nal_ref_idc 3, type 8
  out.ue(0);          // pic_parameter_set_id
  out.ue(0);          // seq_parameter_set_id
  out.bits(0, 2);     // entropy_coding_mode_flag, bottom_field_pic_order_in_frame_present_flag
  out.ue(0);          // num_slice_groups_minus1
  out.ue(0);          // num_ref_idx_l0_default_active_minus1
  out.ue(0);          // num_ref_idx_l1_default_active_minus1
  out.bits(0, 3);     // weighted_pred_flag, weighted_bipred_idc
  out.ue(0);          // pic_init_qp_minus26
  out.ue(0);          // pic_init_qs_minus26
  out.ue(0);          // chroma_qp_index_offset
  out.bits(0, 3);     // deblocking control, constrained intra, redundant pictures
  return out.finish();
}

void append_noise(Bytes& bytes, std::size_t size, Random& random) {
  const std::size_t headers = bytes.size();
  bytes.resize(std::max(size, headers + 1));
  random.fill(std::span(bytes).subspan(headers));
}

Bytes make_slice(bool key, std::uint32_t number, std::size_t size, Random& random) {
  BitWriter out;
  out.bits(key ? 0x65 : 0x41, 8);  // IDR with nal_ref_idc 3, or not with 2
  out.ue(0);                       // first_mb_in_slice
  out.ue(key ? 7 : 5);             // slice_type: all I, all P
  out.ue(0);                       // pic_parameter_set_id
  out.bits(number % 16, 4);        // frame_num
  if (key) {
    out.ue(0);       // idr_pic_id
    out.bits(0, 2);  // no_output_of_prior_pics_flag, long_term_reference_flag
  } else {
    out.bits(0, 3);  // reference counts, list modification, adaptive marking
  }
  out.ue(0);  // slice_qp_delta
  Bytes slice = out.take();
  append_noise(slice, size, random);
  return slice;
}

}  // namespace

Bytes make_vp8_frame(bool key, Resolution resolution, std::size_t size, Random& random) {
  Bytes frame;
  ByteWriter out(frame);
  const std::size_t first_partition = std::min<std::size_t>(size / 3 + 1, 0x7ffff);
  const auto tag = static_cast<std::uint32_t>((key ? 0U : 1U) | 1U << 4 | first_partition << 5);
  out.u8(static_cast<std::uint8_t>(tag));
  out.u8(static_cast<std::uint8_t>(tag >> 8));
  out.u8(static_cast<std::uint8_t>(tag >> 16));
  if (key) {
    out.bytes(Bytes{0x9d, 0x01, 0x2a});  // start code
    for (const std::uint16_t side : {resolution.width, resolution.height}) {
      out.u8(static_cast<std::uint8_t>(side));
      out.u8(static_cast<std::uint8_t>(side >> 8));
    }
  }
  append_noise(frame, size, random);
  return frame;
}

std::vector<Bytes> make_h264_frame(bool key, Resolution resolution, std::size_t size,
                                   std::uint32_t number, Random& random) {
  std::vector<Bytes> units;
  if (key) units = {make_sps(resolution), make_pps()};
  units.push_back(make_slice(key, number, size, random));
  return units;
}

}  // namespace natsim::media
