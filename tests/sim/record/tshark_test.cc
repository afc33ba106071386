// An independent reader on the captures: Wireshark's.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/record/pcapng.h"
#include "tests/sim/record/two_homes.h"

namespace natsim::record {
namespace NATSIM_TEST_FILE {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class Tshark : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("tshark --version > /dev/null 2>&1") != 0) {
      GTEST_SKIP() << "tshark is not installed: no independent reader for the capture";
    }
    std::ofstream out(file_, std::ios::binary);
    TwoHomes homes(*nat::find_preset("symmetric"), *nat::find_preset("port-restricted"));
    PcapngWriter writer(homes.world, out);
    homes.world.events().add_listener(writer);
    homes.start_turn();
    homes.start_call();
    homes.run_until(Time{} + seconds(20));
    ASSERT_EQ(homes.call->state(), agents::CallState::connected);
    // One packet that ends in an ICMP error.
    struct Nobody : net::DatagramReceiver {
      void receive(net::UdpSocket&, const net::Packet&) override {}
    } nobody;
    const auto socket =
        std::move(homes.alice->open_udp({IpAddress::any_v4(), 7000}, nobody).value());
    socket->send({TwoHomes::stun_address.address, 9}, as_bytes("odd"));
    homes.run_until(Time{} + seconds(21));
    writer.finish();
    ASSERT_TRUE(out.good());
  }

  void TearDown() override { std::filesystem::remove(file_); }

  // The lines that tshark prints for the capture.
  [[nodiscard]] std::vector<std::string> lines(const std::string& arguments) const {
    const std::string command =
        "tshark -n -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -r '" + file_.string() +
        "' " + arguments + " 2>/dev/null";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::string text;
    std::array<char, 4096> part{};
    while (fgets(part.data(), part.size(), pipe.get()) != nullptr) text += part.data();
    std::vector<std::string> result;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) result.push_back(line);
    return result;
  }

 private:
  std::filesystem::path file_ = std::filesystem::temp_directory_path() /
                                ("natsim-tshark-" + std::to_string(getpid()) + ".pcapng");
};

TEST_F(Tshark, FindsNoMalformedFrameAndNoBadChecksum) {
  EXPECT_GT(lines("").size(), 100U);
  EXPECT_THAT(lines("-Y '_ws.malformed || _ws.unreassembled || ip.checksum.status == 0 || "
                    "udp.checksum.status == 0 || icmp.checksum.status == 0'"),
              IsEmpty());
  // The checksums were looked at.
  EXPECT_EQ(lines("-Y 'udp.checksum.status == 1 && !icmp'").size(),
            lines("-Y 'udp && !icmp'").size());
}

TEST_F(Tshark, DecodesStunAttributesTurnAndIcmp) {
  EXPECT_THAT(lines("-Y 'stun.type == 0x0101 && stun.att.ipv4 == 198.51.100.7'"),
              testing::Not(IsEmpty()));
  EXPECT_THAT(lines("-Y 'stun.type == 0x0103'"), Contains(HasSubstr("XOR-RELAYED-ADDRESS")));
  EXPECT_THAT(lines("-Y 'icmp.type == 3 && icmp.code == 3'"), testing::Not(IsEmpty()));
  // Nothing is left that it could not name.
  EXPECT_THAT(lines("-Y '!stun && !icmp && !(udp.port == 9)'"), IsEmpty());
}

TEST_F(Tshark, ShowsTapsAndComments) {
  EXPECT_THAT(lines("-T fields -e frame.interface_name"), Contains("alice.nat outside"));
  EXPECT_THAT(lines("-T fields -e frame.comment -Y frame.comment"),
              Contains(HasSubstr("dropped by bob.nat: nat_filtered_port")));
  EXPECT_THAT(lines("-T fields -e frame.time_epoch -c 1"), testing::ElementsAre("0.000000000"));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::record
