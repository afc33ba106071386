-- Seen in the field: nomination, and when the two sides do not do the same thing at the same time.
--
-- The controlling side, the caller, says USE-CANDIDATE in a check of the pair that it has chosen
-- (RFC 8445 §8.1.1). Each title names where an agent was reported to get something of this wrong.

local function build(net, wan)
  wan = wan or {}
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  server:turn_server({ users = { alice = "secret", bob = "secret" } })
  local function home(name, delay_of_it)
    local link = { internet, one_way_delay = delay_of_it }
    for key, value in pairs(wan) do link[key] = value end
    return net:home(name, { nat = "port-restricted", wan = link })
  end
  return home("alice", "15ms"), home("bob", "30ms"), server
end

-- Counts packets and does nothing to them.
local function count(options)
  options.probability = "0%"
  return drop(options)
end

-- A check as an IPv4 datagram: the headers, and of the message the header, USERNAME (two ufrags of 8
-- and a colon), PRIORITY, the role, MESSAGE-INTEGRITY and FINGERPRINT; with USE-CANDIDATE 4 more.
local check_size = 20 + 8 + 20 + (4 + 20) + 8 + 12 + 24 + 8

for _, nomination in ipairs({ "regular", "aggressive" }) do
  scenario("libjuice#263: no USE-CANDIDATE once it is nominated, " .. nomination, function(net)
    local alice, bob, server = build(net)
    local function checks(size)
      return count({
        host = alice,
        direction = "out",
        method = "binding",
        class = "request",
        min_size = size .. "B",
        max_size = size .. "B",
      })
    end
    local plain, nominating = checks(check_size), checks(check_size + 4)
    local call = net:call(alice, bob, { ice_servers = { stun = server }, nomination = nomination })
    call:wait("connected", "5s")
    sleep("40s") -- after which no better pair's check is under way any more
    local before, nominated = plain.matched, nominating.matched
    expect(nominated).at_least(1)
    sleep("10min")
    expect(nominating.matched).equals(nominated)
    -- Consent, each 4 to 6 s.
    expect(plain.matched - before).between(100, 150)
  end)
end

scenario("libjuice#220, #221: better pairs come one after another, and nomination ends", function(net)
  local internet = net:router("internet")
  local relay = net:host("relay", { link = { internet, one_way_delay = "1ms" } })
  relay:turn_server({ users = { alice = "secret", bob = "secret" } })
  -- The better the interface, the slower it is.
  local links = {}
  for k = 1, 4 do links[k] = { internet, one_way_delay = (5 - k) * 100 .. "ms" } end
  local alice = net:host("alice", { links = links })
  local bob = net:host("bob", { link = { internet, one_way_delay = "5ms" } })
  local call = net:call(alice, bob, {
    nomination = "aggressive",
    caller = { ice_servers = { turn = { relay, user = "alice" } } },
    callee = { ice_servers = { turn = { relay, user = "bob" } } },
  })
  local changes, selected = 0, nil
  for _ = 1, 5000 do
    sleep("1ms")
    local pair = call.callee.selected_pair
    local now = pair and pair.id
    if now ~= selected then changes, selected = changes + 1, now end
  end
  -- Once for each at most, and the best one stays.
  expect(changes).between(2, 5)
  expect(call.caller.state).equals("completed")
  expect(call.callee.state).equals("completed")
  for _, side in ipairs({ "caller", "callee" }) do
    expect(call[side].selected_pair.type).equals("host")
  end
  expect(call.selected_pair.base).contains(alice.interfaces[1].ips[1] .. ":")
end)

scenario("pion/ice 99fbdea: no ping-pong of checks once all is done", function(net)
  local alice, bob, server = build(net)
  local call = net:call(alice, bob, { ice_servers = { stun = server } })
  call:wait("connected", "5s")
  sleep("5s")
  local options = { method = "binding", class = "request", direction = "out" }
  options.host = alice
  local of_alice = count(options)
  options.host = bob
  local of_bob = count(options)
  sleep("60s")
  -- Consent alone, each 4 to 6 s; an answer is not asked about.
  expect(of_alice.matched).between(10, 15)
  expect(of_bob.matched).between(10, 15)
end)

-- Bob's check leaves with the offer at 50 ms. Alice's own check arrives at 145 ms and her nomination at
-- 235 ms, and as long as his has no answer each has him check anew.
for lost, known in pairs({ [0] = "235ms", [1] = "235ms", [2] = "325ms", [3] = "825ms" }) do
  local title = "libnice 028c4098: nominated while his own check is under way, %d answers lost"
  scenario(title:format(lost), function(net)
    local internet = net:router("internet")
    local alice = net:host("alice", { link = { internet, one_way_delay = "15ms" } })
    local bob = net:host("bob", { link = { internet, one_way_delay = "30ms" } })
    if lost > 0 then
      drop({ host = bob, direction = "in", method = "binding", class = "success", to = lost })
    end
    local call = net:call(alice, bob)
    call:wait("connected", "10s")
    expect(call.caller.ice_time).equals("280ms")
    expect(call.callee.ice_time).equals(known)
  end)
end

for lost, late in pairs({ [1] = "500ms", [2] = "1500ms" }) do
  scenario("pion/ice#424: the nomination's answer is lost " .. lost .. " times", function(net)
    local internet = net:router("internet")
    local alice = net:host("alice", { link = { internet, one_way_delay = "15ms" } })
    local bob = net:host("bob", { link = { internet, one_way_delay = "30ms" } })
    drop({
      host = alice,
      direction = "in",
      method = "binding",
      class = "success",
      from = 2,
      to = 1 + lost,
    })
    local call = net:call(alice, bob)
    call:wait("connected", "10s")
    expect(call.caller.ice_time).equals(duration("280ms") + late)
    expect(call.callee.ice_time).equals("235ms")
  end)
end

scenario("pjsip#1957: an interface that cannot send stops no other's checks", function(net)
  local internet = net:router("internet")
  local alice = net:host("alice", {
    links = { { internet, one_way_delay = "1ms" }, { internet, one_way_delay = "15ms" } },
  })
  local bob = net:host("bob", { link = { internet, one_way_delay = "30ms" } })
  local call = net:call(alice, bob)
  sleep("60ms")
  alice.interfaces[1]:up(false)
  call:wait("connected", "5s")
  -- The second pair's check, 50 ms behind the first one's, and the nomination.
  expect(call.ice_time).equals(duration("150ms") + duration("90ms") * 2)
  expect(call.selected_pair.base).contains(alice.interfaces[2].ips[1] .. ":")
  expect(net:drops("interface_down")).at_least(1)
end)

scenario("firezone#4613, #4634: the controlling side is gone without a word", function(net)
  local alice, bob, server = build(net)
  local call = net:call(alice, bob, { ice_servers = { stun = server } })
  call:wait("connected", "5s")
  sleep("60s")
  call.caller:close()
  local closed = net:now()
  expect(call.callee.state).equals("completed")
  local at = {}
  for _ = 1, 400 do
    sleep("100ms")
    local state = call.callee.state
    at[state] = at[state] or net:now() - closed
  end
  -- Counted from the last answer, which is up to 6 s old.
  expect(at.disconnected).between("6s", "12s")
  expect(at.failed).between("24s", "30s")
end)

scenario("janus#1691, Kurento#505: checks, answers and nominations in any order", function(net)
  local alice, bob, server = build(net, {
    jitter = "100ms",
    reorder = true,
    duplicate = "20%",
    loss = "10%",
  })
  for _ = 1, 50 do
    local call = net:call(alice, bob, {
      caller = { ice_servers = { stun = server, turn = { server, user = "alice" } } },
      callee = { ice_servers = { stun = server, turn = { server, user = "bob" } } },
    })
    call:wait("connected", "60s")
    sleep("5s")
    local mine, theirs = call.selected_pair, call.callee.selected_pair
    expect(mine.local_address).equals(theirs.remote_address)
    expect(mine.remote_address).equals(theirs.local_address)
    call:close()
  end
end)
