import Testing

@testable import HTTP

@Suite("Addresses")
struct URLTests {
  @Test(arguments: [
    ("https://huggingface.co", "https://huggingface.co/"),
    ("HTTPS://HuggingFace.CO/A?b#c", "https://huggingface.co/A?b"),
    ("http://h:80/x", "http://h/x"), ("http://h:8080?q=1", "http://h:8080/?q=1"),
    ("http://[::1]:5/", "http://[::1]:5/"),
    ("http://h/a/../b/./c", "http://h/b/c"), ("http://h/../../x", "http://h/x"),
    ("http://h/ü?ü", "http://h/%C3%BC?%C3%BC"),
    ("http://h/a/..", "http://h/"), ("http://h//a", "http://h//a"),
    ("https://h?x=/../y", "https://h/?x=/../y"),
  ])
  func good(_ text: String, _ result: String) throws {
    let url = try #require(HTTPURL(text))
    #expect(url.text == result)
    #expect(HTTPURL(url.text) == url)
  }

  @Test(arguments: [
    "", "h", "/x", "ftp://h/", "file:///etc/passwd", "http://", "http:///x", "http://u@h/", "http://u:p@h/",
    "http://h:0/", "http://h:65536/", "http://h:/", "http://h:+1/", "http://h h/", "http://h\\@evil/",
    "http://h\n/",
    "http://[::1/", "http://[::1]x/", "http://[g]/", "http://.h/", "http://-h/", "http://h%41/", "http://é/",
    "javascript://h/", "http://h/\u{7F}", "http:/h", " http://h/",
  ])
  func bad(_ text: String) { #expect(HTTPURL(text) == nil) }

  @Test(arguments: [
    ("/x", "https://h:5/x"), ("x", "https://h:5/a/x"), ("../x", "https://h:5/x"),
    ("?y=2", "https://h:5/a/b?y=2"),
    ("//g/x", "https://g/x"), ("http://g/x?z", "http://g/x?z"), ("", "https://h:5/a/b?q=1"),
    ("#f", "https://h:5/a/b?q=1"),
    ("/x?u=http://g/", "https://h:5/x?u=http://g/"),
  ])
  func references(_ reference: String, _ result: String) throws {
    let base = try #require(HTTPURL("https://h:5/a/b?q=1"))
    #expect(base.resolving(reference)?.text == result)
  }

  @Test(arguments: ["mailto:x", "ftp://h/", "//u@h/", "/a b", "\\\\h\\x", "/a\\b", "javascript:x", "x:y"])
  func badReferences(_ reference: String) throws {
    let base = try #require(HTTPURL("https://h/a"))
    #expect(base.resolving(reference) == nil)
  }

  @Test func secretsAreNotDescribed() throws {
    let url = try #require(HTTPURL("https://h/a?Signature=s3cret&Expires=5"))
    var dumped = ""
    dump(url, to: &dumped)
    #expect(!"\(url) \(String(reflecting: url)) \(dumped)".contains("s3cret"))
    #expect(url.queryItem("Expires") == "5")
    #expect(url.queryItem("None") == nil)
  }

  @Test func escaping() {
    #expect(HTTPURL.escaped("a b/ü~-._%") == "a%20b%2F%C3%BC~-._%25")
  }

  @Test func loopback() {
    let good = ["localhost", "127.0.0.1", "127.255.0.3", "[::1]"]
    let bad = [
      "127.0.0.1.evil.example", "127.0.0", "127.0.0.256", "10.0.0.1", "h", "[::2]", "localhost.evil", "127.1",
    ]
    #expect(good.allSatisfy { HTTPURL("http://\($0)/")?.origin.isLoopback == true })
    #expect(bad.allSatisfy { HTTPURL("http://\($0)/")?.origin.isLoopback == false })
  }

  @Test(arguments: 0..<100 as Range<UInt64>)
  func noiseNeverChangesTheHostUnseen(seed: UInt64) {
    var random = SplitMix(state: seed)
    let pieces = [
      "http", "https", "://", "/", "?", "#", "@", ":", "\\", "h", "[", "]", ".", "..", "1", "%2F", " ", "é",
      "&",
    ]
    for _ in 0..<200 {
      let text = random.text(of: pieces, upTo: 14)
      guard let url = HTTPURL(text) else { continue }
      #expect(HTTPURL(url.text) == url)
      #expect(!url.origin.host.contains("@") && !url.origin.host.contains("/") && !url.origin.host.isEmpty)
      #expect(text.contains(url.origin.host))
    }
  }

  @Test("N16 private addresses") func privateAddresses() {
    let isPrivate: [[UInt8]] = [
      [127, 0, 0, 1], [10, 1, 2, 3], [172, 16, 0, 1], [172, 31, 255, 255], [192, 168, 1, 1],
      [169, 254, 169, 254],
      [0, 0, 0, 0], [100, 64, 0, 1], [224, 0, 0, 1], [255, 255, 255, 255], [192, 0, 0, 1], [],
      [UInt8](repeating: 0, count: 15) + [1], [UInt8](repeating: 0, count: 16),
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1], [0xfe, 0x80] + [UInt8](repeating: 1, count: 14),
      [0xfd] + [UInt8](repeating: 1, count: 15), [0xff, 2] + [UInt8](repeating: 0, count: 14),
      [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 192, 168, 0, 1],
    ]
    let isPublic: [[UInt8]] = [
      [8, 8, 8, 8], [172, 15, 0, 1], [172, 32, 0, 1], [192, 167, 0, 1], [100, 63, 0, 1], [100, 128, 0, 1],
      [192, 0, 2, 1],
      [0x26, 0x06, 0x47] + [UInt8](repeating: 0, count: 13),
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 8, 8, 8, 8],
    ]
    #expect(isPrivate.allSatisfy { PrivateAddress.contains($0) })
    #expect(isPublic.allSatisfy { !PrivateAddress.contains($0) })
  }
}
