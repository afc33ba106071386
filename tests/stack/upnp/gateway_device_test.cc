// A UPnP gateway: what it answers and what it maps.
#include "stack/upnp/gateway_device.h"

#include <string>

#include <gtest/gtest.h>

#include "stack/upnp/description.h"
#include "tests/stack/portmap/fake_gateway.h"

namespace natsim::upnp {
namespace NATSIM_TEST_FILE {

constexpr IpAddress router = IpAddress::v4(192, 168, 1, 1);
constexpr IpAddress alice = IpAddress::v4(192, 168, 1, 2);
constexpr IpAddress ben = IpAddress::v4(192, 168, 1, 3);
constexpr Endpoint ssdp_port{IpAddress::any_v4(), 1900};

struct Device {
  explicit Device(const DeviceOptions& options = {})
      : version(options.version), machine(options, router, gateway, Random(1)) {
    const auto page = machine.answer(alice, {.start = "GET /rootDesc.xml HTTP/1.1"}, now);
    control = find_control(page.body).value();
  }

  Outcome ask(const IpAddress& client, std::string name, Arguments arguments) {
    const Action action{control.service, std::move(name), std::move(arguments)};
    const HttpMessage request = make_request(action, {router, 5000}, control.path);
    return parse_answer(machine.answer(client, request, now)).value();
  }
  static Arguments wish(const IpAddress& client, int external, int internal, int lease) {
    return {{"NewRemoteHost", ""},
            {"NewExternalPort", std::to_string(external)},
            {"NewProtocol", "UDP"},
            {"NewInternalPort", std::to_string(internal)},
            {"NewInternalClient", to_string(client)},
            {"NewEnabled", "1"},
            {"NewPortMappingDescription", "a game"},
            {"NewLeaseDuration", std::to_string(lease)}};
  }
  UpnpError add(const IpAddress& client, int external, int internal, int lease) {
    return ask(client, "AddPortMapping", wish(client, external, internal, lease)).error;
  }
  Arguments entry(int external) {
    return {{"NewRemoteHost", ""},
            {"NewExternalPort", std::to_string(external)},
            {"NewProtocol", "UDP"}};
  }

  std::uint8_t version;
  portmap::FakeGateway gateway;
  GatewayDevice machine;
  Control control;
  Time now;
};

TEST(GatewayDevice, AnswersSearchesForItsVersionAndLowerOnes) {
  for (const std::uint8_t version : {std::uint8_t{1}, std::uint8_t{2}}) {
    Device device({.version = version});
    const Endpoint searcher{alice, 50'000};
    for (const std::string_view target :
         {gateway_type_1, gateway_type_2, std::string_view("upnp:rootdevice")}) {
      device.machine.receive(ssdp_port, searcher, encode(Search{std::string(target), 2}),
                             device.now);
    }
    int answers = 0;
    while (!device.machine.next_timeout().is_never()) {
      // Within the time that the search allows.
      EXPECT_LT(device.machine.next_timeout(), Time{} + seconds(2));
      device.now = device.machine.next_timeout();
      device.machine.handle_timeout(device.now);
      while (const auto out = device.machine.poll_transmit()) {
        ++answers;
        EXPECT_EQ(out->remote, searcher);
        EXPECT_EQ(out->local, ssdp_port);
        const auto answer = parse_search_answer(out->payload);
        ASSERT_TRUE(answer);
        EXPECT_EQ(parse_url(answer->location), (Url{{router, 5000}, "/rootDesc.xml"}));
      }
    }
    EXPECT_EQ(answers, version);
  }
}

TEST(GatewayDevice, MapsTellsAndForgets) {
  Device device;
  EXPECT_EQ(device.add(alice, 7000, 5000, 600), UpnpError::none);
  ASSERT_EQ(device.gateway.mappings.size(), 1U);
  const auto& [key, mapping] = *device.gateway.mappings.begin();
  EXPECT_EQ(key.second, (Endpoint{alice, 5000}));
  EXPECT_EQ(mapping.first.port, 7000);
  EXPECT_EQ(mapping.second, device.now + seconds(600));
  const auto event = device.machine.poll_event();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->external, (Endpoint{device.gateway.address, 7000}));
  EXPECT_EQ(event->lifetime, seconds(600));

  device.now += seconds(100);
  const Outcome entry = device.ask(ben, "GetSpecificPortMappingEntry", device.entry(7000));
  EXPECT_EQ(find(entry.results, "NewInternalClient"), "192.168.1.2");
  EXPECT_EQ(find(entry.results, "NewLeaseDuration"), "500");
  EXPECT_EQ(find(entry.results, "NewPortMappingDescription"), "a game");
  EXPECT_EQ(device.machine.leases(), 1U);
  EXPECT_EQ(device.machine.next_timeout(), Time{} + seconds(600));
  device.now = Time{} + seconds(600);
  device.machine.handle_timeout(device.now);
  EXPECT_EQ(device.machine.leases(), 0U);
  EXPECT_EQ(device.ask(ben, "GetSpecificPortMappingEntry", device.entry(7000)).error,
            UpnpError::no_such_entry);
}

TEST(GatewayDevice, APortHasOneClient) {
  Device device;
  EXPECT_EQ(device.add(alice, 7000, 5000, 600), UpnpError::none);
  EXPECT_EQ(device.add(alice, 7000, 5000, 900), UpnpError::none);  // a renewal
  EXPECT_EQ(device.add(ben, 7000, 5000, 600), UpnpError::conflict);
  const Outcome any = device.ask(ben, "AddAnyPortMapping", Device::wish(ben, 7000, 5000, 600));
  EXPECT_EQ(any.error, UpnpError::none);
  EXPECT_EQ(find(any.results, "NewReservedPort"), "40000");
  EXPECT_EQ(device.ask(ben, "DeletePortMapping", device.entry(7000)).error,
            UpnpError::not_authorized);
  EXPECT_EQ(device.ask(alice, "DeletePortMapping", device.entry(7000)).error, UpnpError::none);
  EXPECT_EQ(device.ask(alice, "DeletePortMapping", device.entry(7000)).error,
            UpnpError::no_such_entry);
  EXPECT_EQ(device.gateway.mappings.size(), 1U);
}

TEST(GatewayDevice, RefusesWithTheErrorsOfTheStandard) {
  Device device;
  const auto error = [&](const char* name, const char* value) {
    Arguments wish = Device::wish(alice, 7000, 5000, 600);
    for (auto& [argument, old] : wish) {
      if (argument == name) old = value;
    }
    return device.ask(alice, "AddPortMapping", wish).error;
  };
  EXPECT_EQ(error("NewExternalPort", "0"), UpnpError::wildcard_not_permitted);
  EXPECT_EQ(error("NewExternalPort", "70000"), UpnpError::invalid_arguments);
  EXPECT_EQ(error("NewInternalPort", "0"), UpnpError::invalid_arguments);
  EXPECT_EQ(error("NewProtocol", "SCTP"), UpnpError::invalid_arguments);
  EXPECT_EQ(error("NewInternalClient", "192.168.1.3"), UpnpError::not_authorized);
  EXPECT_EQ(error("NewInternalClient", "router"), UpnpError::invalid_arguments);
  EXPECT_EQ(error("NewRemoteHost", "203.0.113.1"), UpnpError::only_any_remote_host);
  EXPECT_EQ(error("NewLeaseDuration", "soon"), UpnpError::invalid_arguments);
  EXPECT_EQ(device.ask(alice, "ForceTermination", {}).error, UpnpError::invalid_action);
  EXPECT_TRUE(device.gateway.mappings.empty());
  device.gateway.refusal = portmap::MapRefusal::no_resources;
  EXPECT_EQ(device.add(alice, 7000, 5000, 600), UpnpError::no_port_maps);
  Device closed({.allow = false});
  EXPECT_EQ(closed.add(alice, 7000, 5000, 600), UpnpError::not_authorized);
  EXPECT_EQ(device.machine.answer(alice, {.start = "GET / HTTP/1.1"}, device.now).status(), 404);
  EXPECT_EQ(
      device.machine.answer(alice, {.start = "POST /ctl/IPConn HTTP/1.1"}, device.now).status(),
      400);
}

TEST(GatewayDevice, ALeaseOfZeroHasNoEndInVersionOneAlone) {
  Device first({.version = 1});
  EXPECT_EQ(first.add(alice, 7000, 5000, 0), UpnpError::none);
  EXPECT_TRUE(first.gateway.mappings.begin()->second.second.is_never());
  EXPECT_EQ(first.ask(alice, "AddAnyPortMapping", Device::wish(alice, 1, 2, 3)).error,
            UpnpError::invalid_action);
  Device second;
  EXPECT_EQ(second.add(alice, 7000, 5000, 0), UpnpError::none);
  EXPECT_EQ(second.gateway.mappings.begin()->second.second, Time{} + longest_lease);
  EXPECT_EQ(second.add(alice, 7000, 5000, 700'000), UpnpError::none);
  EXPECT_EQ(second.gateway.mappings.begin()->second.second, Time{} + longest_lease);
  Device permanent({.version = 1, .permanent_only = true});
  EXPECT_EQ(permanent.add(alice, 7000, 5000, 600), UpnpError::only_permanent_leases);
  EXPECT_EQ(permanent.add(alice, 7000, 5000, 0), UpnpError::none);
}

TEST(GatewayDevice, MayLieAboutItsAddress) {
  Device honest;
  EXPECT_EQ(find(honest.ask(alice, "GetExternalIPAddress", {}).results, "NewExternalIPAddress"),
            "198.51.100.7");
  Device liar({.reported_address = IpAddress::v4(10, 0, 0, 1)});
  EXPECT_EQ(find(liar.ask(alice, "GetExternalIPAddress", {}).results, "NewExternalIPAddress"),
            "10.0.0.1");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::upnp
