import Foundation
import TestSupport

/// What other implementations made of a small model, by model and format.
struct Golden: Decodable {
  let nll: Double?
  let ids: [Int32]

  enum CodingKeys: String, CodingKey {
    case nll = "nll_per_token_tinystories_sample"
    case ids = "greedy_ids"
  }

  static let all: [String: [String: Golden]] =
    (try? JSONDecoder().decode(
      [String: [String: Golden]].self, from: Data(try Shared.bytes("models/GOLDEN.json")))) ?? [:]
}
