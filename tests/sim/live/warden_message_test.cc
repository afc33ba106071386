#include "sim/live/warden_message.h"

#include <array>
#include <unistd.h>

#include <gtest/gtest.h>

#include "sim/live/warden_process.h"

namespace natsim::live {
namespace NATSIM_TEST_FILE {

TEST(WardenMessage, CarriesWordsAndFiles) {
  const auto [one, other] = make_warden_sockets();
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const Descriptor reader(pipe[0]);
  Descriptor writer(pipe[1]);
  ASSERT_TRUE(send_message(one.number(), {"start", "", std::string("a\0b", 3)}, {writer.number()}));
  writer.reset();
  auto message = receive_message(other.number(), true);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->what(), "start");
  EXPECT_EQ(message->words, (std::vector<std::string>{"start", "", std::string("a\0b", 3)}));
  EXPECT_EQ(message->sender, ::getpid());
  ASSERT_EQ(message->files.size(), 1u);
  ASSERT_EQ(::write(message->files[0].number(), "x", 1), 1);
  char read = 0;
  EXPECT_EQ(::read(reader.number(), &read, 1), 1);
  EXPECT_EQ(read, 'x');
}

TEST(WardenMessage, EndsAndRefuses) {
  auto [one, other] = make_warden_sockets();
  EXPECT_FALSE(receive_message(other.number(), false));  // nothing is there
  EXPECT_FALSE(send_message(one.number(), {std::string(1'000'000, 'x')}));
  one.reset();
  EXPECT_FALSE(receive_message(other.number(), true));
  EXPECT_FALSE(send_message(other.number(), {"count"}));
}

TEST(WardenMessage, HoldsASetup) {
  const HostSetup setup{
      .name = "alice",
      .addresses = {{*IpAddress::parse("192.168.1.2"), 24}, {*IpAddress::parse("2001:db8::2"), 64}},
      .mtu = 1280,
      .name_servers = {*IpAddress::parse("203.0.113.53")}};
  const HostSetup back = from_words(to_words(setup));
  EXPECT_EQ(back.name, "alice");
  EXPECT_EQ(back.mtu, 1280);
  ASSERT_EQ(back.addresses.size(), 2u);
  EXPECT_EQ(back.addresses[1].ip, setup.addresses[1].ip);
  EXPECT_EQ(back.addresses[1].prefix_length, 64);
  EXPECT_EQ(back.name_servers, setup.name_servers);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::live
