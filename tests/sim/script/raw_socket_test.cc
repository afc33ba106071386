// Packets made by hand, as scripts send and receive them.
#include "script_test.h"

#include <string>

namespace natsim::script {
namespace NATSIM_TEST_FILE {

// Two hosts, `a` with a raw socket. `syn` is a TCP SYN from 192.0.2.1:5000 to 192.0.2.2:80,
// sequence number 1, whose checksums are right: those of RFC 1071, by hand. IP header: 4500 + 0028
// + 0001 + 4000 + 4006 + c000 + 0201 + c000 + 0202 = 24932 → 4934, its complement b6cb. TCP with
// pseudo-header: c000 + 0201 + c000 + 0202 + 0006 + 0014 + 1388 + 0050 + 0001 + 5002 + ffff = 2e7f7
// → e7f9, 1806.
const std::string world = R"(
    local internet = net:router("internet")
    local a = net:host("a", { ip = "192.0.2.1", link = { internet } })
    local b = net:host("b", { ip = "192.0.2.2", link = { internet } })
    local raw = a:raw()
    local syn = "\x45\x00\x00\x28\x00\x01\x40\x00\x40\x06\xb6\xcb\xc0\x00\x02\x01\xc0\x00\x02\x02" ..
                "\x13\x88\x00\x50\x00\x00\x00\x01\x00\x00\x00\x00\x50\x02\xff\xff\x18\x06\x00\x00"
    local function hex(bytes) return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
)";

TEST(RawSocket, GetsTheBytesThatAnotherSent) {
  // One router on the way: the hop limit is 3f, and the checksum b7cb.
  EXPECT_EQ(metric_of(run_body(world + R"(
    local other = b:raw()
    raw:send(syn)
    metric("got", hex(other:receive("1s"))))"),
                      "got"),
            "450000280001400"
            "03f06b7cbc0000201c0000202"
            "138800500000000100000000"
            "5002ffff18060000");
}

TEST(RawSocket, StandsInForTheHostsProtocols) {
  // b's TCP refuses the SYN: an RST (14) that acknowledges 2. a's does not refuse that.
  EXPECT_EQ(metric_of(run_body(world + R"(
    raw:send(syn)
    local answer = raw:receive("1s")
    metric("got", hex(answer:sub(21, 24)) .. " " .. hex(answer:sub(29, 32)) .. " " ..
                  hex(answer:sub(34, 34)) .. " " .. raw.waiting))"),
                      "got"),
            "00501388 00000002 14 0");
}

TEST(RawSocket, GivesTheHostBackWhenItCloses) {
  EXPECT_EQ(metric_of(run_body(world + R"(
    local udp = a:udp({ port = 9 })
    local from = b:udp()
    from:send(udp, "one")
    sleep("1s")
    raw:close()
    from:send(udp, "two")
    metric("got", udp:receive("1s")))"),
                      "got"),
            "two");
}

TEST(RawSocket, RefusesWhatIsNoDatagram) {
  EXPECT_NE(error_of(world + "raw:send(syn:sub(1, 39))").find("expected one whole IPv4"),
            std::string::npos);
  EXPECT_NE(error_of(world + "a:raw()").find("a has a raw socket already"), std::string::npos);
  EXPECT_NE(error_of(world + "raw:close() raw:send(syn)").find("the raw socket of a is closed"),
            std::string::npos);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
