-- Seen in the field: a path or a relay is gone, and the two sides have to hear of it.
--
-- With renomination the controlling side asks by every pair that works each three seconds, and moves
-- both sides to another one when the selected one has been silent. Each title names where agents were
-- reported to stay behind.

scenario("firezone#4755, #4613, #4634: on one network, and then one of them leaves it", function(net)
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local house = net:nat("house", {
    nat = { preset = "port-restricted", hairpin = "off" },
    wan = { internet, one_way_delay = "10ms" },
  })
  local carrier = net:nat("carrier", {
    nat = "port-restricted",
    wan = { internet, one_way_delay = "40ms" },
  })
  local phone = net:host("phone", {
    links = { { house, one_way_delay = "1ms" }, { carrier, one_way_delay = "1ms" } },
  })
  local laptop = net:host("laptop", { link = { house, one_way_delay = "1ms" } })
  local call = net:call(phone, laptop, { ice_servers = { stun = server }, renomination = true })
  call:wait("connected", "5s")
  expect(call.selected_pair.type).equals("host")
  sleep("10s")
  phone.interfaces[1]:up(false)
  sleep("9200ms")
  expect(call.state).equals("connected")
  -- By the carrier, to the port of the house that the laptop was told for itself.
  local mine, theirs = call.selected_pair, call.callee.selected_pair
  expect(mine.local_address).contains(carrier.external_address)
  expect(mine.remote_address).contains(house.external_address)
  expect(mine.local_address).equals(theirs.remote_address)
  expect(mine.remote_address).equals(theirs.local_address)
  call.callee:send("are you out?")
  sleep("100ms")
  expect(call.caller.datagrams_received).equals(1)
end)

for _, kept in ipairs({ true, false }) do
  local title = "firezone#3938, #6876, #9979: the relay dies, another one is "
  scenario(title .. (kept and "kept: both move" or "not kept: both fail"), function(net)
    local internet = net:router("internet")
    local users = { alice = "secret" }
    local near = net:host("near", { link = { internet, one_way_delay = "10ms" } })
    local far = net:host("far", { link = { internet, one_way_delay = "60ms" } })
    near:turn_server({ users = users })
    local stun = net:host("stun", { link = { internet, one_way_delay = "20ms" } })
    stun:stun_server()
    far:turn_server({ users = users })
    local alice = net:home("alice", { nat = "symmetric", wan = { internet, one_way_delay = "15ms" } })
    local bob = net:home("bob", { nat = "symmetric", wan = { internet, one_way_delay = "30ms" } })
    local call = net:call(alice, bob, {
      renomination = kept,
      ice_servers = { stun = stun },
      caller = {
        policy = "relay",
        ice_servers = { turn = { { near, user = "alice" }, { far, user = "alice" } } },
      },
    })
    call:wait("connected", "5s")
    local before = call.selected_pair.local_address
    sleep("20s")
    expect(before).contains(near.ip .. ":")
    near:sleep()
    local died = net:now()
    if not kept then
      call:wait("failed", "30s")
      expect(net:now() - died).between("24s", "30s")
      return
    end
    sleep("9500ms")
    expect(call.state).equals("connected")
    expect(call.selected_pair.local_address).contains(far.ip .. ":")
    expect(call.callee.selected_pair.remote_address).equals(call.selected_pair.local_address)
    call.callee:send("still there?")
    sleep("200ms")
    expect(call.caller.datagrams_received).equals(1)
  end)
end
