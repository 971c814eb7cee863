import Domain
import Testing

@Suite("Tags in one text")
struct TagListTests {
  @Test func tagsStayWhatTheyAre() {
    let tags: TagList = ["gguf", "license:llama3.2", "en", "x y", "übung", ""]
    #expect(tags.strings == ["gguf", "license:llama3.2", "en", "x y", "übung"])
    #expect(TagList(["two\nlines"]).strings == ["two lines"])
    #expect(TagList(lines: "\n\na\n").strings == ["a"] && TagList(lines: "").isEmpty && !tags.isEmpty)
  }

  @Test func onlyWholeTagsAreFound() {
    let tags: TagList = ["llama-2", "base_model:llama", "LLAMA", "en"]
    #expect(!tags.contains("llama") && tags.contains("LLAMA") && tags.contains("llama-2") && tags.contains("en"))
    #expect(!tags.contains("") && !tags.contains("llama-2\nbase_model:llama"))
    #expect(tags.first(in: TagSet(["en", "llama-2"])) == "llama-2")
    #expect(tags.first(in: TagSet([])) == nil && TagList([String]()).first(in: TagSet(["a"])) == nil)
  }

  /// Against the plain way, with tags of many lengths that are parts of one another.
  @Test(arguments: 0..<50)
  func theSameAsAListOfStrings(seed: Int) {
    var random = SystemRandomNumberGenerator()
    func word() -> String {
      String((0..<Int.random(in: 1...80, using: &random)).map { _ in "ab".randomElement(using: &random) ?? "a" })
    }
    let tags = (0..<Int.random(in: 0...20, using: &random)).map { _ in word().prefix(seed + 1) }
    let wanted = (0..<5).map { _ in String(word().prefix(seed + 1)) }
    let list = TagList(tags)
    #expect(list.strings == tags.map(String.init))
    #expect(list.first(in: TagSet(wanted)) == tags.first { wanted.contains(String($0)) }.map(String.init))
    for tag in wanted { #expect(list.contains(tag) == tags.contains { $0 == tag }, "\(tag) in \(tags)") }
  }

  @Test func theHubsKey() throws {
    let key = try #require(HubObjectID("6b028858910a2dec89fd0832"))
    #expect(key.description == "6b028858910a2dec89fd0832" && key.bytes.count == 12)
    #expect(HubObjectID(bytes: key.bytes) == key)
    #expect(try key < #require(HubObjectID("6b028858910a2dec89fd0833")))
    for text in [
      "", "6b028858910a2dec89fd083", "6B028858910A2DEC89FD0832", "6b028858910a2dec89fd0832a",
      "6b028858910a2dec89fd083g",
    ] {
      #expect(HubObjectID(text) == nil, "\(text)")
    }
    #expect(HubObjectID(bytes: [1, 2, 3]) == nil)
  }
}
