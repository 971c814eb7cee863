import Domain
import Foundation
import HTTP
import TestSupport
import Testing

@testable import Hub

@Suite("Rows")
struct RowTests {
  private let subject = RequestSubject(hasToken: false, endpoint: "hub")

  private func response(_ body: [UInt8]) -> HTTPResponse {
    HTTPResponse(head: HTTPHead(status: 200, url: HubEndpoint.huggingFace.url(["api"])), body: body)
  }

  private func model(_ text: String) throws -> ModelListing {
    try Rows.decodeOne(ModelListing.self, response(Array(text.utf8)), subject: subject)
  }

  @Test func theBigMembers() throws {
    let model = try model(
      #"""
      {"id":"a/b","gguf":{"total":8030261248,"architecture":"llama","context_length":131072,
        "chat_template":"{%- if \"x\" %}\n","totalFileSize":70368744177665,"bos_token":"<s>"},
       "safetensors":{"parameters":{"I64":512,"BF16":8030261248,"F32":"x"},"total":8030261760},
       "config":{"model_type":"llama","architectures":["LlamaForCausalLM"],"quantization_config":{"quant_method":"awq"},
        "tokenizer_config":{"bos_token":{"x":[]}}},
       "baseModels":{"relation":"quantized","models":[{"_id":"x","id":"meta-llama/L"},{"id":"../x"}]},
       "cardData":{"license":["other"],"license_name":"mine","language":"en","extra_gated_prompt":"…"}}
      """#)
    #expect(model.gguf?.architecture == "llama")
    #expect(model.gguf?.parameters == 8_030_261_248)
    #expect(model.gguf?.contextLength == 131_072)
    #expect(model.gguf?.hasChatTemplate == true)
    #expect(model.gguf?.fileBytes == nil)
    #expect(model.safetensorsParameters == 8_030_261_760)
    #expect(model.safetensors?.dominantType == "BF16")
    #expect(model.config?.modelType == "llama")
    #expect(model.config?.architectures == ["LlamaForCausalLM"])
    #expect(model.config?.quantizationMethod == "awq")
    #expect(model.baseModels?.relation == "quantized")
    #expect(model.baseModels?.ids.map(\.description) == ["meta-llama/L"])
    #expect(model.licence == "other")
    #expect(model.card?.licenceName == "mine")
    #expect(model.card?.languages == ["en"])
  }

  @Test(arguments: [
    "\"gguf\":7", "\"gguf\":{\"total\":1,\"total\":1}", "\"config\":[]", "\"safetensors\":\"x\"", "\"baseModels\":{}",
    "\"baseModels\":{\"models\":[7]}", "\"cardData\":[[]]", "\"siblings\":{}", "\"gguf\":null", "\"siblings\":[7,{}]",
  ])
  func bigMembersThatMakeNoSenseAreAbsent(_ members: String) throws {
    let model = try model("{\(members),\"id\":\"a/b\"}")
    #expect(model == (try self.model("{\"id\":\"a/b\"}")))
  }

  @Test func nullIsAbsentEverywhere() throws {
    let names = [
      "_id", "modelId", "author", "createdAt", "lastModified", "sha", "tags", "gated", "disabled", "private",
      "downloads", "likes", "trendingScore", "pipeline_tag", "library_name", "gguf", "config", "safetensors",
      "baseModels", "cardData", "siblings", "unknown",
    ]
    let nulls = names.map { "\"\($0)\":null" }.joined(separator: ",")
    #expect(try model("{\(nulls),\"id\":\"a/b\"}") == model("{\"id\":\"a/b\"}"))
    #expect(throws: HubError.self) { try model("{\"id\":null,\(nulls)}") }
  }

  @Test func filesWithSizes() throws {
    let model = try model(
      """
      {"id":"a/b","siblings":[{"rfilename":"m.gguf","size":5,"blobId":"\(sha1)","lfs":{"sha256":"\(sha256)","size":5}},
       {"rfilename":"README.md","size":3,"blobId":"\(sha1)"},{"rfilename":"../x","size":1,"blobId":"\(sha1)"},
       {"rfilename":"plain"},{"rfilename":"odd","size":-1,"lfs":null},{"size":3}]}
      """)
    #expect(model.siblings.map(\.name) == ["m.gguf", "README.md", "../x", "plain", "odd"])
    #expect(
      model.siblings.compactMap(\.file) == [
        ModelFile(path: path("m.gguf"), size: 5, hash: .sha256(sha256)),
        ModelFile(path: path("README.md"), size: 3, hash: .gitBlob(sha1)),
      ])
  }

  @Test func theLicenceOfATag() throws {
    #expect(try model(#"{"id":"a/b","tags":["x","license:llama3.1"]}"#).licence == "llama3.1")
    #expect(try model(#"{"id":"a/b","tags":["x"],"cardData":{}}"#).licence == nil)
  }

  @Test func lineage() {
    let lineage = Lineage(tags: [
      "gguf", "base_model:meta-llama/L", "base_model:quantized:meta-llama/L", "base_model:merge:a/b",
      "base_model:other:a/c", "base_model:../x", "base_model:", "base_model:merge:", "base_models:a/d",
    ])
    #expect(lineage.relation == .quantized)
    #expect(lineage.bases.map(\.description) == ["meta-llama/L", "a/b"])
    #expect(Lineage(tags: ["base_model:a/b"]) == Lineage(tags: ["base_model:a/b", "base_model:a/b"]))
    #expect(Lineage(tags: ["base_model:a/b"]).relation == nil)
    #expect(Lineage(tags: [String]()).bases.isEmpty)
  }

  @Test func anEntryOfATreeTwice() throws {
    let text = #"[{"path":"a","path":"b"},{"type":"directory","size":"x","path":7},{"type":7},{"size":1}]"#
    let (rows, skipped) = try Rows.decode(TreeEntry.self, response(Array(text.utf8)), subject: subject)
    #expect(rows.count == 1 && rows.first?.file == nil)
    #expect(skipped.map(\.index) == [0, 2, 3])
    #expect(skipped.map(\.reason) == ["duplicate key path", "bad value of type", "no path"])
  }

  @Test(arguments: [
    ("2026-06-19T09:40:33.000Z", 1_781_862_033), ("2026-06-19T09:40:33Z", 1_781_862_033),
    ("1970-01-01T00:00:00.5Z", 0.5), ("2000-02-29T23:59:59.999999999Z", 951_868_799.999999999),
    ("9999-12-31T23:59:59Z", 253_402_300_799),
  ])
  func dates(_ text: String, _ seconds: Double) {
    #expect(date(text) == Date(timeIntervalSince1970: seconds))
  }

  @Test(arguments: [
    "", "Z", "2026-06-19", "2026-06-19T09:40:33", "2026-06-19T09:40:33.Z", "2026-06-19T09:40:33.0000000000Z",
    "2026-06-31T09:40:33Z", "2023-02-29T09:40:33Z", "1900-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z", "1969-12-31T00:00:00Z", "2026-06-19T24:40:33Z", "2026-06-19T09:60:33Z",
    "2026-06-19 09:40:33Z", "2026-6-019T09:40:33Z", "+026-06-19T09:40:33Z", "2026-06-19T09:40:33+00:00Z",
    "2026-06-19T09:40:33.00 Z", "yesterday",
  ])
  func noDates(_ text: String) {
    #expect(date(text) == nil)
  }

  private func date(_ text: String) -> Date? { Array(text.utf8).withUnsafeBytes(Timestamp.date) }

  /// Rows and skipped rows together are always what another reader counts.
  @Test(.enabled(if: Recorded.isPresent, "needs ../shared/hub/recorded/api"), arguments: 1...10)
  func damagedPages(_ seed: UInt64) throws {
    var numbers = Noise.Generator(seed: seed)
    let listings = try Recorded.listings.map(Recorded.bytes)
    let trees = try Recorded.trees.map(Recorded.bytes)
    let pieces = ["\"", "{", "}", "[", "]", ",", ":", "null", "-1", "1e99", "\"id\":\"a/b\",", "\"x\"", "\\u0000"]
    for turn in 0..<60 {
      let pages = turn % 2 == 0 ? listings : trees
      var bytes = try #require(pages.randomElement(using: &numbers))
      for _ in 0..<Int.random(in: 1...3, using: &numbers) {
        let place = Int.random(in: 0..<bytes.count, using: &numbers)
        let end = min(bytes.count, place + Int.random(in: 0...3, using: &numbers))
        bytes.replaceSubrange(place..<end, with: Array((pieces.randomElement(using: &numbers) ?? "").utf8))
      }
      let counted = (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [Any]
      let found =
        turn % 2 == 0
        ? (try? Rows.decode(ModelListing.self, response(bytes), subject: subject)).map {
          $0.rows.count + $0.skipped.count
        }
        : (try? Rows.decode(TreeEntry.self, response(bytes), subject: subject)).map { $0.rows.count + $0.skipped.count }
      #expect(found == counted?.count)
    }
  }
}
