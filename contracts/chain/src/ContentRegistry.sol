// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";

/// @title Register of content: one hash, one token
/// @notice A token proves who registered a hash first and when. It does not say that the content is authentic:
/// that is what a certificate of VerificationContract says.
/// @dev Registration is committed to before it is revealed. Who copies a hash out of a waiting transaction would
/// have to commit and wait, and comes too late. The commitment binds the creator, so copying it is worth nothing.
contract ContentRegistry is ERC721, AccessControlDefaultAdminRules, EIP712, Nonces {
    /// @notice Holder may set and take back `isVerified`: the VerificationContract.
    bytes32 public constant VERIFIER_ROLE = keccak256("VERIFIER_ROLE");

    /// @notice Least seconds between a commitment and its registration.
    uint256 public constant MIN_COMMITMENT_AGE_S = 12;
    /// @notice Longest model id and longest metadata, in bytes: names and content identifiers, never content.
    uint256 public constant MAX_TEXT_BYTES = 128;

    bytes32 private constant REGISTRATION_TYPEHASH = keccak256(
        "Registration(bytes32 contentHash,address creator,string modelId,string metadata,bytes32 salt,"
        "uint256 nonce,uint256 deadline)"
    );

    /// @notice What is known of one content.
    struct Content {
        bytes32 contentHash;
        address creator;
        uint256 timestamp;
        string modelId;
        string metadata;
        bool isVerified;
    }

    /// @notice Registration that its creator signed and somebody else sends.
    struct SignedRegistration {
        bytes32 contentHash;
        address creator;
        string modelId;
        string metadata;
        bytes32 salt;
        uint256 deadline;
        bytes signature;
    }

    /// @notice Content by its hash.
    mapping(bytes32 contentHash => Content) public contents;
    /// @notice Token of a content, by its hash; 0 for none.
    mapping(bytes32 contentHash => uint256) public tokenIds;
    /// @notice Hash of the content of a token.
    mapping(uint256 tokenId => bytes32) public contentOfToken;
    /// @notice Block time of a commitment of a creator, in seconds; 0 for none.
    mapping(address creator => mapping(bytes32 commitment => uint256)) public committedAt;

    /// @notice Tokens so far; the newest token has this id.
    uint256 public tokenCount;

    /// @notice A content is registered.
    event ContentRegistered(bytes32 indexed contentHash, address indexed creator, uint256 timestamp, uint256 tokenId);
    /// @notice A creator committed to a registration to come.
    event ContentCommitted(address indexed creator, bytes32 indexed commitment);
    /// @notice `isVerified` of a content changed.
    event ContentVerified(bytes32 indexed contentHash, bool isVerified);

    /// @notice The registration was not committed to, or too short a time ago.
    error NotCommitted(address creator, bytes32 commitment, uint256 committedAt);
    /// @notice The commitment stands already; its age is not reset.
    error AlreadyCommitted(address creator, bytes32 commitment);
    /// @notice There is no content of that hash.
    error UnknownContent(bytes32 contentHash);
    /// @notice A hash of zero bytes is no hash.
    error EmptyHash();
    /// @notice A text is longer than {MAX_TEXT_BYTES}.
    error TextTooLong(uint256 length);
    /// @notice The signature is not the creator's, or its deadline has passed.
    error BadSignature(address creator);

    /// @param adminDelayS seconds between the offer and the acceptance of the admin role
    /// @param admin multi-signature wallet that grants roles
    constructor(uint48 adminDelayS, address admin)
        ERC721("Witan Content", "WITAN")
        AccessControlDefaultAdminRules(adminDelayS, admin)
        EIP712("WitanContentRegistry", "1")
    {}

    /// @notice Commits to a registration that follows after {MIN_COMMITMENT_AGE_S}.
    /// @param creator who will register
    /// @param commitment see {commitmentOf}
    function commit(address creator, bytes32 commitment) external {
        if (committedAt[creator][commitment] != 0) revert AlreadyCommitted(creator, commitment);
        committedAt[creator][commitment] = block.timestamp;
        emit ContentCommitted(creator, commitment);
    }

    /// @notice Registers content that the caller committed to without a salt.
    /// @param contentHash SHA-256 of the content
    /// @param modelId model that made it
    /// @param metadata content identifier (CID) of the description
    /// @return tokenId token of the content, owned by the caller
    function registerContent(bytes32 contentHash, string calldata modelId, string calldata metadata)
        external
        returns (uint256 tokenId)
    {
        return _register(msg.sender, contentHash, modelId, metadata, 0);
    }

    /// @notice Registers content that the caller committed to with a salt, for content that could be guessed.
    /// @param contentHash SHA-256 of the content
    /// @param modelId model that made it
    /// @param metadata content identifier (CID) of the description
    /// @param salt 32 random bytes of the commitment
    /// @return tokenId token of the content, owned by the caller
    function registerSalted(bytes32 contentHash, string calldata modelId, string calldata metadata, bytes32 salt)
        external
        returns (uint256 tokenId)
    {
        return _register(msg.sender, contentHash, modelId, metadata, salt);
    }

    /// @notice Registers content for a creator who signed the registration (EIP-712) and committed to it.
    /// @dev The signature covers the chain, this contract, the creator's nonce and a deadline: it works once.
    /// @param signed registration with its signature, of a key or of a contract (ERC-1271)
    /// @return tokenId token of the content, owned by the creator
    function registerFor(SignedRegistration calldata signed) external returns (uint256 tokenId) {
        bytes32 digest = _hashTypedDataV4(
            keccak256(
                abi.encode(
                    REGISTRATION_TYPEHASH,
                    signed.contentHash,
                    signed.creator,
                    keccak256(bytes(signed.modelId)),
                    keccak256(bytes(signed.metadata)),
                    signed.salt,
                    _useNonce(signed.creator),
                    signed.deadline
                )
            )
        );
        if (
            block.timestamp > signed.deadline
                || !SignatureChecker.isValidSignatureNow(signed.creator, digest, signed.signature)
        ) revert BadSignature(signed.creator);
        return _register(signed.creator, signed.contentHash, signed.modelId, signed.metadata, signed.salt);
    }

    /// @notice Says whether a content is verified.
    /// @param contentHash SHA-256 of the content
    /// @param isVerified true while a certificate stands
    function setVerified(bytes32 contentHash, bool isVerified) external onlyRole(VERIFIER_ROLE) {
        if (tokenIds[contentHash] == 0) revert UnknownContent(contentHash);
        contents[contentHash].isVerified = isVerified;
        emit ContentVerified(contentHash, isVerified);
    }

    /// @notice The verified flag of a content and all that is known of it.
    /// @param contentHash SHA-256 of the content
    function verifyContent(bytes32 contentHash) external view returns (bool, Content memory) {
        if (tokenIds[contentHash] == 0) revert UnknownContent(contentHash);
        Content memory content = contents[contentHash];
        return (content.isVerified, content);
    }

    /// @notice Commitment to a registration, bound to its creator, this contract and this chain.
    /// @param creator who will register
    /// @param contentHash SHA-256 of the content
    /// @param modelId model that made it
    /// @param metadata content identifier of the description
    /// @param salt 32 random bytes, or zero for {registerContent}
    function commitmentOf(
        address creator,
        bytes32 contentHash,
        string calldata modelId,
        string calldata metadata,
        bytes32 salt
    ) external view returns (bytes32) {
        return _commitmentOf(creator, contentHash, modelId, metadata, salt);
    }

    /// @notice Where the description of a token's content lies.
    /// @param tokenId token
    function tokenURI(uint256 tokenId) public view override returns (string memory) {
        _requireOwned(tokenId);
        string memory metadata = contents[contentOfToken[tokenId]].metadata;
        return bytes(metadata).length == 0 ? "" : string.concat("ipfs://", metadata);
    }

    /// @inheritdoc ERC721
    function supportsInterface(bytes4 interfaceId)
        public
        view
        override(ERC721, AccessControlDefaultAdminRules)
        returns (bool)
    {
        return super.supportsInterface(interfaceId);
    }

    function _register(
        address creator,
        bytes32 contentHash,
        string calldata modelId,
        string calldata metadata,
        bytes32 salt
    ) private returns (uint256 tokenId) {
        if (contentHash == 0) revert EmptyHash();
        require(tokenIds[contentHash] == 0, "Content already registered");
        if (bytes(modelId).length > MAX_TEXT_BYTES) revert TextTooLong(bytes(modelId).length);
        if (bytes(metadata).length > MAX_TEXT_BYTES) revert TextTooLong(bytes(metadata).length);
        bytes32 commitment = _commitmentOf(creator, contentHash, modelId, metadata, salt);
        uint256 since = committedAt[creator][commitment];
        if (since == 0 || block.timestamp < since + MIN_COMMITMENT_AGE_S) {
            revert NotCommitted(creator, commitment, since);
        }
        delete committedAt[creator][commitment];

        tokenId = ++tokenCount;
        tokenIds[contentHash] = tokenId;
        contentOfToken[tokenId] = contentHash;
        contents[contentHash] = Content(contentHash, creator, block.timestamp, modelId, metadata, false);
        emit ContentRegistered(contentHash, creator, block.timestamp, tokenId);
        // Last, because it calls the receiver: whoever comes back in finds the record complete.
        _safeMint(creator, tokenId);
    }

    function _commitmentOf(
        address creator,
        bytes32 contentHash,
        string calldata modelId,
        string calldata metadata,
        bytes32 salt
    ) private view returns (bytes32) {
        return keccak256(
            abi.encode(
                creator,
                contentHash,
                keccak256(bytes(modelId)),
                keccak256(bytes(metadata)),
                salt,
                block.chainid,
                address(this)
            )
        );
    }
}
