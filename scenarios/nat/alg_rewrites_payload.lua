-- The gateway that means well.
--
-- Alice's router looks into payloads: wherever four bytes are an address that it translates, it
-- translates them too, and the port beside them. A STUN server tells her the address that she has
-- outside twice. In MAPPED-ADDRESS it stands as it is: on its way in the router puts her inside
-- address there, and she would take herself for a host without a NAT. XOR-MAPPED-ADDRESS, the same
-- xored with the magic cookie (RFC 8489 section 14.2), it does not recognise.
--
-- Old telephones need such a gateway, since SIP writes addresses into its messages: one that knows
-- SIP puts the outside address there and opens the port at which the caller expects to hear.

local function home(net, options)
  options.mapping, options.filtering = "EIM", "APDF"
  local internet = net:router("internet")
  local server = net:host("server", {
    ip = { "203.0.113.10", "203.0.113.11" },
    link = { internet, one_way_delay = "20ms" },
  })
  local alice = net:home("alice", { nat = options, wan = { internet, one_way_delay = "15ms" } })
  return alice, server
end

local magic_cookie = { 0x21, 0x12, 0xa4, 0x42 }

-- The first address of the given kind in a STUN message, as text; `key` is what it is xored with.
local function address_in(message, kind, key)
  local at = 21
  while at < #message do
    local type = message:byte(at) * 256 + message:byte(at + 1)
    local length = message:byte(at + 2) * 256 + message:byte(at + 3)
    if type == kind then
      local port = (message:byte(at + 6) ~ key[1]) * 256 + (message:byte(at + 7) ~ key[2])
      local parts = {}
      for i = 1, 4 do
        parts[i] = message:byte(at + 7 + i) ~ key[i]
      end
      return table.concat(parts, ".") .. ":" .. port
    end
    at = at + 4 + (length + 3) // 4 * 4
  end
end

-- What a server that knows RFC 5780 says in both ways.
local function told(net, options)
  local alice, server = home(net, options)
  server:stun_server()
  local socket = alice:udp()
  socket:send({ server, 3478 }, "\0\1\0\0" .. string.char(table.unpack(magic_cookie)) .. "transaction!")
  local answer = socket:receive("1s")
  local plain = address_in(answer, 0x0001, { 0, 0, 0, 0 })
  local xored = address_in(answer, 0x0020, magic_cookie)
  return plain, xored, alice, socket
end

scenario("no gateway: both say the same", function(net)
  local plain, xored, alice = told(net, {})
  expect(plain).equals(xored)
  expect(plain).equals(alice.nat:mappings()[1].external)
end)

scenario("a gateway: MAPPED-ADDRESS is rewritten, XOR-MAPPED-ADDRESS is not", function(net)
  local plain, xored, alice, socket = told(net, { alg_any_address = true })
  expect(plain).equals(alice.ip .. ":" .. socket.port)
  expect(xored).equals(alice.nat:mappings()[1].external)
end)

local invite = table.concat({
  "INVITE sip:bob@203.0.113.10 SIP/2.0",
  "Via: SIP/2.0/UDP %s:5060",
  "Contact: <sip:alice@%s:5060>",
  "Content-Type: application/sdp",
  "Content-Length: %d",
  "",
  "",
}, "\r\n")
local description = "v=0\r\nc=IN IP4 %s\r\nm=audio 5004 RTP/AVP 0\r\n"

-- Calls the server, which speaks to where the call's description says. Whether Alice hears it.
local function hears(net, options)
  local alice, server = home(net, options)
  local body = description:format(alice.ip)
  local media = alice:udp({ port = 5004 })
  local proxy = server:udp({ port = 5060 })
  alice:udp({ port = 5060 }):send(proxy, invite:format(alice.ip, alice.ip, #body) .. body)
  local message = proxy:receive("1s")
  local header, description_there = message:match("^(.-\r\n\r\n)(.*)$")
  expect(tonumber(header:match("Content%-Length: (%d+)"))).equals(#description_there)
  local address = description_there:match("c=IN IP4 ([%d.]+)")
  local port = description_there:match("m=audio (%d+)")
  server:udp():send(address .. ":" .. port, "speech")
  return media:receive("1s") ~= nil, address == alice.ip
end

scenario("SIP without a gateway: the call names an address that nobody outside can reach", function(net)
  local heard, inside_address = hears(net, {})
  expect(inside_address).equals(true)
  expect(heard).equals(false)
end)

scenario("SIP with a gateway: the call names the outside, and the port is open", function(net)
  local heard, inside_address = hears(net, { alg_sip = true })
  expect(inside_address).equals(false)
  expect(heard).equals(true)
end)
