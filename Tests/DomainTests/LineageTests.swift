import Domain
import Testing

@Suite("Lineage and names")
struct LineageTests {
  @Test func tagsTellTheBases() {
    let lineage = Lineage(tags: [
      "gguf", "base_model:m/Base", "base_model:quantized:m/Base", "base_model:../x", "base_model:", "license:mit",
    ])
    #expect(lineage.relation == .quantized && lineage.bases.map(\.description) == ["m/Base"])
    #expect(Lineage(tags: ["base_model:merge:a/b", "base_model:merge:c/d"]).bases.count == 2)
    #expect(Lineage(tags: ["base_model:finetune:"]).relation == nil)
    #expect(Lineage(tags: (0..<100).map { "base_model:merge:a/b\($0)" }).bases.count == 32)
    #expect(Lineage(tags: ["base_model:finetune:a/b", "base_model:quantized:a/b"]).relation == .quantized)
    #expect(Lineage(tags: ["base_model:quantized:a/b", "base_model:finetune:a/b"]).relation == .quantized)
  }

  @Test(arguments: [
    ("TheBloke/Llama-2-7B-Chat-GGUF", "llama-2-7b-chat", true),
    ("q/Llama-2-7b-Chat-4bit-128g-GPTQ", "llama-2-7b-chat", true),
    ("x/Meta-Llama-3.1-8B-Instruct-Q4_K_M-GGUF", "meta-llama-3.1-8b-instruct", true),
    ("x/Model-7B-i1-GGUF", "model-7b", true), ("x/Model-7B-IQ3_XXS-GGUF", "model-7b", true),
    ("x/Model-7B-4.0bpw-exl2", "model-7b", true), ("x/Model-7B-Q8_0", "model-7b", true),
    ("meta-llama/Llama-3.1-8B-Instruct", "llama-3.1-8b-instruct", false), ("x/GGUF", "gguf", false),
    ("x/Phi-3-mini-4k", "phi-3-mini-4k", false), ("x/Yi-34B-200K", "yi-34b-200k", false),
    ("x/gpt-oss-20b-mxfp4", "gpt-oss-20b", true), ("x/Llama-7b_bnb_4bit", "llama-7b", true),
  ])
  func theStemOfAName(_ name: String, _ stem: String, _ isForm: Bool) throws {
    let found = NameStem(try #require(RepoID(name)))
    #expect(found.text == stem && found.isForm == isForm)
  }

  @Test func aRulingSurvivesItsCode() {
    for rule in Ruling.Rule.allCases {
      for isAdmitted in [true, false] {
        for finding in ["", "llama", "two words", "-x +y"] {
          let ruling = Ruling(isAdmitted: isAdmitted, rule: rule, finding: finding)
          #expect(Ruling(code: ruling.code) == ruling)
          #expect(!ruling.explanation.isEmpty)
        }
      }
    }
    for code in ["", "+", "-nothing", "mute", "+mut"] { #expect(Ruling(code: code) == nil) }
  }
}
