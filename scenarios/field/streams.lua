-- Seen in the field: TURN over TCP, and over TLS.
--
-- A stream has no messages: what the network cuts and TCP puts together again has to be cut anew, by the
-- lengths that STUN and ChannelData carry, and over TCP ChannelData is padded to four bytes (RFC 8656
-- §12.5). And a stream ends, with whatever depends on it. Each title names where that went wrong.

local function build(net, options)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  local turn = server:turn_server({ users = { alice = "secret" }, tls = true })
  local alice = net:home("alice", {
    nat = "port-restricted",
    wan = { internet, one_way_delay = "15ms", loss = options.loss, up = { rate = options.rate } },
    lan = options.lan,
  })
  local bob = net:host("bob", { link = { internet, one_way_delay = "30ms" } })
  local call = net:call(alice, bob, {
    caller = {
      policy = "relay",
      ice_servers = { turn = { server, user = "alice", transport = options.transport or "tcp" } },
    },
  })
  return call, turn, alice, server
end

-- Segments of 536 bytes hold no whole message of these sizes, and many of the small ones; under TLS its
-- records are cut as well.
for _, case in ipairs({ { "tcp", "0%" }, { "tcp", "3%" }, { "tls", "0%" }, { "tls", "3%" } }) do
  local transport, loss = table.unpack(case)
  local title = "pjsip#999, turn-rs#175, coturn#1984, pion/turn#237: data of any length, cut anyhow, over %s, loss %s"
  scenario(title:format(transport, loss), function(net)
    local call = build(net, { transport = transport, lan = { mtu = "576B" }, loss = loss })
    call:wait("connected", "30s")
    expect(call.selected_pair.local_type).equals("relay")
    local bytes, words = 0, 0
    for length = 1, 64 do
      for _, more in ipairs({ 0, 460, 500, 1100 }) do
        local word = ("x"):rep(length + more)
        call.caller:send(word)
        call.callee:send(word)
        bytes, words = bytes + #word, words + 1
      end
      sleep("100ms")
    end
    sleep("20s")
    expect(call.callee.datagrams_received).equals(words)
    expect(call.callee.bytes_received).equals(bytes)
    expect(call.caller.datagrams_received).equals(words)
    expect(call.caller.bytes_received).equals(bytes)
  end)
end

-- Each transport has its allocation; the relayed addresses speak UDP to the peer, both of them.
scenario("libnice 303f0179, pion/ice#908: one server is asked by UDP and by TCP", function(net)
  local call, turn = build(net, { transport = { "udp", "tcp" } })
  call:wait("connected", "10s")
  local relays = {}
  for _, candidate in ipairs(call.caller.candidates) do
    if candidate.type == "relay" then relays[#relays + 1] = candidate end
  end
  expect(#relays).equals(2)
  expect(relays[1].address).never.equals(relays[2].address)
  expect(relays[1].foundation).never.equals(relays[2].foundation)
  -- The one that is not used is given back.
  sleep("10s")
  expect(#turn:allocations()).equals(1)
  call.caller:send("by one of them")
  sleep("1s")
  expect(call.callee.datagrams_received).equals(1)
end)

-- A minute's worth of data waits for a slow line. Who closes does not wait for it; what TCP and the program
-- have taken goes out in order, and with the connection the allocation ends.
scenario("pion/ice#841: closed while data waits for TCP", function(net)
  local call, turn = build(net, { rate = "64kbit" })
  call:wait("connected", "30s")
  for _ = 1, 400 do call.caller:send(("x"):rep(1200)) end
  local from = net:now()
  call:close()
  expect(net:now() - from).equals(duration("0s"))
  expect(call.caller.state).equals("closed")
  sleep("120s")
  expect(#turn:allocations()).equals(0)
end)

-- The address is another, and the connection of old is of no use to anybody: once TCP has given it up, or
-- its time has run out, the allocation is gone. The client has a new one long before.
scenario("pion/turn 6a55914: the connection breaks, and its allocation is not kept for ever", function(net)
  local call, turn, alice = build(net, {})
  call:wait("connected", "30s")
  local old = turn:allocations()[1].client
  alice.nat:reboot()
  sleep("5s")
  call:restart_ice()
  call:wait_for_restart("30s")
  sleep("11min")
  expect(#turn:allocations()).equals(1)
  expect(turn:allocations()[1].client).never.equals(old)
  call.caller:send("still there")
  sleep("1s")
  expect(call.callee.datagrams_received).equals(1)
end)
