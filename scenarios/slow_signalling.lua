-- Signalling that is slow, and loses messages.
--
-- Offer, answer and candidates go through a server of their own. When that is slow, one side checks
-- while the other has not heard of it yet: checks from addresses that nobody has signalled arrive,
-- and are kept as peer-reflexive candidates until the signalling catches up (RFC 8838 §11.4). A
-- lost message is sent again a second later and holds up those behind it. The call connects as soon
-- as both sides know each other's credentials and a path, however long that takes.

local function build(net, signalling)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local alice = net:home("alice", { nat = "restricted", wan = { internet, one_way_delay = "15ms" } })
  local bob = net:home("bob", {
    nat = "port-restricted",
    wan = { internet, one_way_delay = "30ms" },
  })
  return net:call(alice, bob, { ice_servers = { stun = server }, signalling = signalling })
end

for _, delay in ipairs({ "50ms", "500ms", "3s" }) do
  scenario("signalling takes " .. delay, function(net)
    local call = build(net, { one_way_delay = delay })
    call:wait("connected", "60s")
    -- The offer and the answer each take the delay; what follows takes less than a second.
    expect(call.ice_time).between(duration(delay) * 2, duration(delay) * 2 + "1s")
    metric("ice_time", call.ice_time)
  end)
end

scenario("a third of the signalling is lost", function(net)
  local call = build(net, {
    one_way_delay = param("signalling_delay", "200ms"),
    loss = param("signalling_loss", "33%"),
    resend_after = "1s",
  })
  call:wait("connected", "60s")
  expect(call.ice_time).at_most("20s")
  metric("ice_time", call.ice_time)
end)
