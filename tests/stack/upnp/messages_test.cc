// What UPnP is made of: HTTP, XML, SSDP, SOAP, the device's description.
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "stack/upnp/description.h"
#include "stack/upnp/http_message.h"
#include "stack/upnp/soap.h"
#include "stack/upnp/ssdp.h"
#include "stack/upnp/xml_leaves.h"

namespace natsim::upnp {
namespace NATSIM_TEST_FILE {

using State = HttpReader::State;

Bytes bytes_of(std::string_view text) { return Bytes(text.begin(), text.end()); }
std::string text_of(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

TEST(HttpReader, ReadsAMessageInPieces) {
  const std::string text =
      encode({.start = "POST /x HTTP/1.1", .headers = {{"A", "b c"}}, .body = "body"});
  EXPECT_EQ(text, "POST /x HTTP/1.1\r\nA: b c\r\nContent-Length: 4\r\n\r\nbody");
  HttpReader reader;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    ASSERT_EQ(reader.feed(bytes_of(text.substr(i, 1))), State::reading) << i;
  }
  ASSERT_EQ(reader.feed(bytes_of("y")), State::complete);
  EXPECT_EQ(reader.message().start, "POST /x HTTP/1.1");
  EXPECT_EQ(reader.message().find("a"), "b c");
  EXPECT_EQ(reader.message().find("b"), std::nullopt);
  EXPECT_EQ(reader.message().body, "body");
  EXPECT_EQ(reader.message().status(), 0);
}

TEST(HttpReader, AnAnswerWithoutALengthEndsWithItsConnection) {
  HttpReader reader;
  EXPECT_EQ(reader.feed(bytes_of("HTTP/1.1 200 OK\n\nsome")), State::reading);
  EXPECT_EQ(reader.feed(bytes_of(" text")), State::reading);
  EXPECT_EQ(reader.end(), State::complete);
  EXPECT_EQ(reader.message().body, "some text");
  EXPECT_EQ(reader.message().status(), 200);
  HttpReader request;  // has none then
  EXPECT_EQ(request.feed(bytes_of("GET / HTTP/1.1\r\nHost: a\r\n\r\n")), State::complete);
  HttpReader cut;
  EXPECT_EQ(cut.feed(bytes_of("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab")), State::reading);
  EXPECT_EQ(cut.end(), State::broken);
}

TEST(HttpReader, RefusesWhatItCannotRead) {
  for (const std::string& text :
       {std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), std::string("\r\n\r\n"),
        "HTTP/1.1 200 " + std::string(HttpReader::longest_head, 'x'),
        "HTTP/1.1 200 OK\r\n\r\n" + std::string(HttpReader::longest_body + 1, 'x')}) {
    HttpReader reader;
    EXPECT_EQ(reader.feed(bytes_of(text)), State::broken) << text.substr(0, 60);
    EXPECT_EQ(reader.end(), State::broken);
  }
}

TEST(XmlLeaves, AreTheElementsWithoutElements) {
  const auto leaves = xml_leaves(
      "<?xml version=\"1.0\"?><!-- <no/> --><s:a x='>' y=\">\"> text <u:b>1 &lt; 2 &amp;amp;</u:b>"
      "<c/><d e=\"f\"/></s:a>\n");
  ASSERT_TRUE(leaves);
  EXPECT_EQ(*leaves, (std::vector<XmlLeaf>{{"b", "1 < 2 &amp;"}, {"c", ""}, {"d", ""}}));
  EXPECT_EQ(find_leaf(*leaves, "b"), "1 < 2 &amp;");
  EXPECT_EQ(find_leaf(*leaves, "a"), std::nullopt);
  EXPECT_EQ(xml_escaped("<a & 'b'>"), "&lt;a &amp; &apos;b&apos;&gt;");
  for (const char* text :
       {"<a>", "</a>", "<a></b>", "<a", "<!-- x", "<?xml", "<>x</>", "<a><b></a></b>"}) {
    EXPECT_FALSE(xml_leaves(text)) << text;
  }
}

TEST(Ssdp, SearchesAsTheArchitectureHasIt) {
  EXPECT_EQ(text_of(encode(Search{std::string(gateway_type_1), 2})),
            "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\n"
            "MX: 2\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\r\n");
  EXPECT_EQ(parse_search(encode(Search{"upnp:rootdevice", 5})), (Search{"upnp:rootdevice", 5}));
  EXPECT_EQ(parse_search(encode(Search{"x", 90})), (Search{"x", 5}));
  for (const char* text :
       {"", "M-SEARCH * HTTP/1.1\r\nST: x\r\nMX: 1\r\n\r\n",
        "M-SEARCH * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\n\r\n",
        "M-SEARCH * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\nST: x\r\n\r\n",
        "M-SEARCH * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\nST: x\r\nMX: 0\r\n\r\n",
        "NOTIFY * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\nST: x\r\nMX: 1\r\n\r\n"}) {
    EXPECT_FALSE(parse_search(bytes_of(text))) << text;
  }
  const SearchAnswer answer{"x", "uuid:1::x", "http://192.168.1.1:5000/d.xml"};
  EXPECT_EQ(parse_search_answer(encode(answer)), answer);
  EXPECT_FALSE(parse_search_answer(encode(Search{"x", 1})));
}

TEST(Ssdp, ReadsUrls) {
  EXPECT_EQ(parse_url("http://192.168.1.1:5000/d.xml"),
            (Url{{IpAddress::v4(192, 168, 1, 1), 5000}, "/d.xml"}));
  EXPECT_EQ(parse_url("http://192.168.1.1"), (Url{{IpAddress::v4(192, 168, 1, 1), 80}, "/"}));
  for (const char* text : {"", "https://192.168.1.1/", "http://router/", "http://1.2.3.4:0/",
                           "http://1.2.3.4:x/", "http://1.2.3.4/a b", "http://1.2.3.4/a\r\nb"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

TEST(Soap, ActionsAndOutcomesCross) {
  const Action action{std::string(connection_service(1)),
                      "AddPortMapping",
                      {{"NewExternalPort", "5000"}, {"NewPortMappingDescription", "a <b> & c"}}};
  const Endpoint server{IpAddress::v4(192, 168, 1, 1), 5000};
  const HttpMessage request = make_request(action, server, "/ctl");
  EXPECT_EQ(request.start, "POST /ctl HTTP/1.1");
  EXPECT_EQ(request.find("SOAPAction"),
            "\"urn:schemas-upnp-org:service:WANIPConnection:1#AddPortMapping\"");
  EXPECT_EQ(parse_request(request), action);

  const Outcome good{.results = {{"NewReservedPort", "5001"}}};
  EXPECT_EQ(parse_answer(make_answer(action, good)), good);
  const Outcome bad{.error = UpnpError::conflict};
  const HttpMessage fault = make_answer(action, bad);
  EXPECT_EQ(fault.status(), 500);
  EXPECT_NE(fault.body.find("<errorCode>718</errorCode><errorDescription>ConflictInMappingEntry<"),
            std::string::npos);
  EXPECT_EQ(parse_answer(fault), bad);
  EXPECT_FALSE(parse_answer({.start = "HTTP/1.1 500 x", .body = "<a><b>1</b></a>"}));
  EXPECT_FALSE(parse_answer({.start = "HTTP/1.1 200 OK", .body = "<a>"}));
  EXPECT_FALSE(parse_request({.start = "POST / HTTP/1.1", .body = "<a/>"}));
}

TEST(Description, NamesTheBestService) {
  EXPECT_EQ(find_control(make_description(1, "/c")),
            (Control{std::string(connection_service(1)), "/c"}));
  EXPECT_EQ(find_control(make_description(2, "/c")),
            (Control{std::string(connection_service(2)), "/c"}));
  const auto service = [](std::string_view type, std::string_view url) {
    return "<service><serviceType>" + std::string(type) + "</serviceType><controlURL>" +
           std::string(url) + "</controlURL></service>";
  };
  const std::string both = "<root>" + service(connection_service(1), "/one") +
                           service("urn:x", "/no") + service(connection_service(2), "/two") +
                           "</root>";
  EXPECT_EQ(find_control(both)->path, "/two");
  EXPECT_FALSE(find_control("<root>" + service(connection_service(1), "http://a/b") + "</root>"));
  EXPECT_FALSE(find_control("<root>"));
}

RC_GTEST_PROP(XmlLeaves, ComeBackEscaped, (const std::vector<std::string>& texts)) {
  std::string document = "<r>";
  std::vector<XmlLeaf> expected;
  for (const std::string& text : texts) {
    document += "<t>" + xml_escaped(text) + "</t>";
    expected.emplace_back("t", text);
  }
  if (texts.empty()) expected.emplace_back("r", "");
  const auto leaves = xml_leaves(document + "</r>");
  RC_ASSERT(leaves.has_value());
  RC_ASSERT(*leaves == expected);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::upnp
