import Catalog
import Domain
import Fit
import Foundation

/// A catalog of a size that a hub of its own would need weeks for.
public enum BigCatalog {
  /// It could not be made.
  public struct Failure: Error, CustomStringConvertible {
    /// Why.
    public let description: String
  }

  /// Fills a state folder with models in four quantizations each, in families of five.
  public static func fill(_ folder: String, models: Int, at now: Date = Date(timeIntervalSince1970: 1_800_000_000))
    throws
  {
    let catalog = try Catalog(folder: folder)
    guard let commit = CommitHash(String(repeating: "a", count: 40)),
      let hash = ContentHash(String(repeating: "c", count: 64))
    else { throw Failure(description: "no hash") }
    let shape = ModelShape(
      architecture: "llama", layers: 32, embedding: 4096, feedForward: 14336, heads: 32,
      kvHeads: Array(repeating: 8, count: 32), keyLength: 128, valueLength: 128, vocabulary: 128_256,
      contextLength: 131_072, parameters: 8_030_261_312)
    let layer: [TensorInventory.Tensor] = [
      .init(.attentionQuery, 4096, 4096), .init(.attentionKey, 4096, 1024), .init(.attentionValue, 4096, 1024),
      .init(.attentionOutput, 4096, 4096), .init(.feedForwardGate, 4096, 14336), .init(.feedForwardUp, 4096, 14336),
      .init(.feedForwardDown, 14336, 4096), .init(.vector, 4096, 1), .init(.vector, 4096, 1),
    ]
    guard
      let inventory = TensorInventory(
        common: [.init(.tokenEmbedding, 4096, 128_256), .init(.output, 4096, 128_256), .init(.vector, 4096, 1)],
        layers: Array(repeating: layer, count: 32))
    else { throw Failure(description: "no inventory") }
    let predictor = WeightPredictor(inventory: inventory, shape: shape)
    let recipes: [GGUFRecipe] = [.q8_0, .q6_K, .q4_K_M, .q3_K_M]
    let layouts = recipes.map { predictor.layout($0) }
    let owners = ["maker", "quantizer", "other", "fourth", "fifth"]
    for start in stride(from: 0, to: models, by: 1000) {
      let ids = (start..<min(models, start + 1000)).compactMap { number in
        RepoID("\(owners[number % 5])/Model-\(number / 5)" + (number % 5 == 0 ? "" : "-GGUF"))
      }
      _ = try catalog.record(
        ids.enumerated().map { index, id in
          ListedRepo(
            id: id, commit: commit, createdAt: now, lastModified: now, tags: ["gguf"], gated: false,
            downloads: (start + index) * 37 % 100_003, likes: (start + index) * 13 % 1009)
        }, at: now)
      for id in ids {
        let weights = try zip(recipes, layouts).map { recipe, layout in
          guard let path = RepoPath("model.\(recipe.name).gguf"), let quantization = Quantization(recipe.name)
          else { throw Failure(description: "no path") }
          return WeightsRecord(
            repo: id, path: path, commit: commit, quantization: quantization, bytes: layout.total, evidence: .header,
            layout: layout, files: [ModelFile(path: path, size: layout.total, hash: hash)])
        }
        try catalog.describe(
          id, DescriptionRecord(commit: commit, shape: shape), state: .sized, reason: nil, weights: weights, at: now)
      }
    }
    while try catalog.derive(limit: 5000, at: now, score: { Double($0.likes) }) > 0 {}
  }
}
