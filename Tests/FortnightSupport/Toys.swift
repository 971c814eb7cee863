import Domain
import Foundation
import ModelFiles
import TestSupport

/// Small models that are planted on the simulated hub: real ones that run, and real ones that were broken.
public struct Toys: Sendable {
  /// One repository.
  public struct Toy: Sendable {
    /// On which day of the fortnight it appears, from 1.
    public var day: Int
    /// Its id.
    public var id: String
    /// Its files: the name's ending, and the model that they are made of.
    public var files: [(quantization: String, source: String)]
    /// How it was broken; nil for a sound one.
    public var breakage: String?
  }

  /// A way of breaking that the zoo does not know.
  struct Unknown: Error { let breakage: String }

  /// The models beside the checkout that toys are made of.
  public static let folder = SharedData.path("models")

  /// Everything that appears in two weeks.
  public static let all: [Toy] = [
    Toy(day: 1, id: "storyteller/Stories-260K-GGUF", files: stories("Q4_0", "Q8_0")),
    Toy(
      day: 2, id: "hasty-quants/Stories-260K-Fast-GGUF", files: stories("Q8_0"),
      breakage: "ffn_down of one layer has the wrong sign"),
    Toy(day: 3, id: "storyteller/Stories-260K-Bedtime-GGUF", files: stories("Q5_1")),
    Toy(day: 3, id: "baby-lab/BabyLlama-105-GGUF", files: [("Q4_0", "babyllama105/gguf/babyllama105-Q4_0.gguf")]),
    Toy(
      day: 5, id: "baby-lab/BabyLlama-105-Wide-Q2-GGUF",
      files: [("Q2_K", "babyllama105-d256/gguf-llamacpp/babyllama105-d256-Q2_K.gguf")]),
    Toy(
      day: 6, id: "hasty-quants/BabyLlama-105-Merged-GGUF",
      files: [("Q8_0", "babyllama105/gguf/babyllama105-Q8_0.gguf")], breakage: "rows of attn_q of one layer shuffled"),
    Toy(day: 7, id: "storyteller/Stories-260K-Full-GGUF", files: stories("F32")),
    Toy(
      day: 8, id: "baby-lab/BabyLlama-105-Wide-GGUF",
      files: [("Q4_K_M", "babyllama105-d256/gguf-llamacpp/babyllama105-d256-Q4_K_M.gguf")]),
    Toy(
      day: 9, id: "hasty-quants/Stories-260K-Turbo-GGUF", files: stories("Q4_1"),
      breakage: "attn_norm of one layer is one"),
    Toy(
      day: 10, id: "baby-lab/BabyLlama-105-Wide-HQ-GGUF",
      files: [("Q6_K", "babyllama105-d256/gguf-llamacpp/babyllama105-d256-Q6_K.gguf")]),
    Toy(
      day: 11, id: "storyteller/Stories-260K-Thin-GGUF",
      files: [("Q4_0", "stories260K/gguf/stories260K-ffn192-Q4_0.gguf")]),
    Toy(
      day: 12, id: "baby-lab/BabyLlama-105-Second-GGUF", files: [("Q5_0", "babyllama105/gguf/babyllama105-Q5_0.gguf")]),
    Toy(day: 13, id: "storyteller/Stories-260K-Half-GGUF", files: stories("F16")),
    Toy(
      day: 14, id: "hasty-quants/BabyLlama-105-Zero-GGUF",
      files: [("Q4_1", "babyllama105/gguf/babyllama105-Q4_1.gguf")], breakage: "ffn_down of one layer is zero"),
    Toy(
      day: 4, id: "hasty-quants/Stories-260K-Crunched-GGUF", files: stories("Q4_0"),
      breakage: "scales of one tensor are infinite"),
  ]

  private static func stories(_ quantizations: String...) -> [(quantization: String, source: String)] {
    quantizations.map { ($0, "stories260K/gguf/stories260K-\($0).gguf") }
  }

  /// A toy as a repository of the hub.
  ///
  /// - Parameter scratch: a folder for files that are taken apart.
  public static func plant(_ toy: Toy, scratch: String) throws -> PlantedModel {
    var files: [String: [UInt8]] = [
      "README.md": Array("---\nlicense: mit\n---\n# \(toy.id)\n\nTells small stories.\n".utf8)
    ]
    let name = String(toy.id.split(separator: "/").last ?? "").replacing("-GGUF", with: "")
    for (quantization, source) in toy.files {
      var model = try EditableModel(path: "\(folder ?? "")/\(source)")
      // No two repositories hold the same bytes, or they would be one family.
      model["general.name"] = .string(toy.id)
      if let name = toy.breakage {
        guard let breakage = Breakage.all.first(where: { $0.name == name }) else { throw Unknown(breakage: name) }
        model = breakage.applied(to: model)
      }
      let file = "\(name).\(quantization).gguf"
      let path = "\(scratch)/\(file)"
      try model.write(to: path)
      files[file] = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
      try FileManager.default.removeItem(atPath: path)
    }
    return PlantedModel(id: toy.id, files: files)
  }
}
