// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {Test} from "forge/Test.sol";
import {ContentRegistry} from "../src/ContentRegistry.sol";

/// @notice What the tests of ContentRegistry start from.
abstract contract ContentRegistrySetUp is Test {
    ContentRegistry internal registry;
    address internal constant ADMIN = address(0xA11);
    address internal constant VERIFIER = address(0x7E1);
    address internal constant ALICE = address(0xA71CE);
    address internal constant MALLORY = address(0x3A1);
    bytes32 internal constant HASH = keccak256("content");
    string internal constant MODEL = "witan-model-1";
    string internal constant CID = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
    uint256 internal constant AGE_S = 12;

    function setUp() public virtual {
        vm.warp(1_000_000);
        registry = new ContentRegistry(1 days, ADMIN);
        bytes32 role = registry.VERIFIER_ROLE();
        vm.prank(ADMIN);
        registry.grantRole(role, VERIFIER);
    }

    function commitFor(address creator, bytes32 hash, bytes32 salt) internal returns (bytes32 commitment) {
        commitment = registry.commitmentOf(creator, hash, MODEL, CID, salt);
        registry.commit(creator, commitment);
    }

    function registerFor(address creator, bytes32 hash) internal returns (uint256 tokenId) {
        commitFor(creator, hash, 0);
        vm.warp(block.timestamp + AGE_S);
        vm.prank(creator);
        return registry.registerContent(hash, MODEL, CID);
    }

    function notCommitted(address creator, bytes32 hash, bytes32 salt, uint256 since)
        internal
        view
        returns (bytes memory)
    {
        bytes32 commitment = registry.commitmentOf(creator, hash, MODEL, CID, salt);
        return abi.encodeWithSelector(ContentRegistry.NotCommitted.selector, creator, commitment, since);
    }
}

/// @notice A creator that is a contract and comes back in while its token is handed over.
contract ReentrantCreator is IERC721Receiver {
    ContentRegistry internal immutable registry;
    bytes32 internal again;
    bool internal refuses;
    /// What it saw while the token was handed over.
    bool public sawWholeRecord;
    bool public againSucceeded;
    string public againReason;

    constructor(ContentRegistry registry_) {
        registry = registry_;
    }

    function register(bytes32 hash, bytes32 again_, bool refuses_) external {
        again = again_;
        refuses = refuses_;
        registry.registerContent(hash, "m", "c");
    }

    function onERC721Received(address, address, uint256 tokenId, bytes calldata) external returns (bytes4) {
        bytes32 hash = registry.contentOfToken(tokenId);
        (, ContentRegistry.Content memory content) = registry.verifyContent(hash);
        sawWholeRecord = content.creator == address(this) && registry.tokenIds(hash) == tokenId
            && registry.ownerOf(tokenId) == address(this);
        bytes32 target = again;
        again = 0;
        if (target != 0) {
            try registry.registerContent(target, "m", "c") {
                againSucceeded = true;
            } catch Error(string memory reason) {
                againReason = reason;
            }
        }
        return refuses ? bytes4(0) : IERC721Receiver.onERC721Received.selector;
    }
}

contract ContentRegistryTest is ContentRegistrySetUp {
    event ContentRegistered(bytes32 indexed contentHash, address indexed creator, uint256 timestamp, uint256 tokenId);

    function test_RegistrationGivesATokenAndNoVerification() public {
        commitFor(ALICE, HASH, 0);
        vm.warp(1_000_000 + AGE_S);
        vm.expectEmit(true, true, true, true);
        emit ContentRegistered(HASH, ALICE, 1_000_000 + AGE_S, 1);
        vm.prank(ALICE);
        uint256 tokenId = registry.registerContent(HASH, MODEL, CID);
        eq(tokenId, 1, "id");
        eq(registry.tokenIds(HASH), 1, "token of the hash");
        eq(registry.contentOfToken(1), HASH, "hash of the token");
        eq(registry.ownerOf(1), ALICE, "owner");
        (bool verified, ContentRegistry.Content memory content) = registry.verifyContent(HASH);
        isTrue(!verified && !content.isVerified, "not verified at birth");
        eq(content.creator, ALICE, "creator");
        eq(content.timestamp, 1_000_000 + AGE_S, "time");
        eq(keccak256(bytes(registry.tokenURI(1))), keccak256(bytes(string.concat("ipfs://", CID))), "address");
    }

    function test_OneHashOneToken() public {
        registerFor(ALICE, HASH);
        commitFor(MALLORY, HASH, 0);
        vm.warp(block.timestamp + AGE_S);
        vm.expectRevert(bytes("Content already registered"));
        vm.prank(MALLORY);
        registry.registerContent(HASH, MODEL, CID);
        eq(registry.tokenCount(), 1, "tokens");
    }

    function test_TheCreatorStaysWhenTheTokenIsSold() public {
        uint256 tokenId = registerFor(ALICE, HASH);
        vm.prank(ALICE);
        registry.transferFrom(ALICE, MALLORY, tokenId);
        eq(registry.ownerOf(tokenId), MALLORY, "owner");
        (, ContentRegistry.Content memory content) = registry.verifyContent(HASH);
        eq(content.creator, ALICE, "creator");
    }

    function test_NothingIsRegisteredWithoutACommitment() public {
        vm.expectRevert(notCommitted(ALICE, HASH, 0, 0));
        vm.prank(ALICE);
        registry.registerContent(HASH, MODEL, CID);
    }

    function test_ACommitmentMustAge() public {
        commitFor(ALICE, HASH, 0);
        vm.warp(1_000_000 + AGE_S - 1);
        vm.expectRevert(notCommitted(ALICE, HASH, 0, 1_000_000));
        vm.prank(ALICE);
        registry.registerContent(HASH, MODEL, CID);
    }

    /// Mallory reads Alice's registration before it is in a block and sends the same with a higher fee.
    function test_FrontRunningAtTheRevealFails() public {
        bytes32 commitment = commitFor(ALICE, HASH, 0);
        vm.warp(block.timestamp + AGE_S);
        vm.expectRevert(notCommitted(MALLORY, HASH, 0, 0));
        vm.prank(MALLORY);
        registry.registerContent(HASH, MODEL, CID);
        commitFor(MALLORY, HASH, 0);
        vm.expectRevert(notCommitted(MALLORY, HASH, 0, block.timestamp));
        vm.prank(MALLORY);
        registry.registerContent(HASH, MODEL, CID);
        vm.prank(ALICE);
        registry.registerContent(HASH, MODEL, CID);
        eq(registry.ownerOf(registry.tokenIds(HASH)), ALICE, "owner");
        eq(registry.committedAt(ALICE, commitment), 0, "the commitment is used up");
    }

    /// Mallory copies Alice's commitment when it is in a block, before Alice registers.
    function test_ACopiedCommitmentIsWorthNothing() public {
        bytes32 commitment = commitFor(ALICE, HASH, 0);
        registry.commit(MALLORY, commitment);
        vm.warp(block.timestamp + AGE_S);
        vm.expectRevert(notCommitted(MALLORY, HASH, 0, 0));
        vm.prank(MALLORY);
        registry.registerContent(HASH, MODEL, CID);
    }

    /// Mallory sends Alice's own commitment again, to make it young for ever.
    function test_ACommitmentCannotBeMadeYounger() public {
        bytes32 commitment = commitFor(ALICE, HASH, 0);
        vm.warp(block.timestamp + AGE_S);
        vm.expectRevert(abi.encodeWithSelector(ContentRegistry.AlreadyCommitted.selector, ALICE, commitment));
        vm.prank(MALLORY);
        registry.commit(ALICE, commitment);
        vm.prank(ALICE);
        registry.registerContent(HASH, MODEL, CID);
    }

    function test_ACommitmentIsOfOneContract() public {
        ContentRegistry another = new ContentRegistry(1 days, ADMIN);
        isTrue(
            registry.commitmentOf(ALICE, HASH, MODEL, CID, 0) != another.commitmentOf(ALICE, HASH, MODEL, CID, 0),
            "bound to the contract"
        );
    }

    function test_ASaltHidesContentThatCouldBeGuessed() public {
        bytes32 salt = keccak256("salt");
        commitFor(ALICE, HASH, salt);
        vm.warp(block.timestamp + AGE_S);
        vm.expectRevert(notCommitted(ALICE, HASH, 0, 0));
        vm.prank(ALICE);
        registry.registerContent(HASH, MODEL, CID);
        vm.prank(ALICE);
        registry.registerSalted(HASH, MODEL, CID, salt);
        eq(registry.ownerOf(1), ALICE, "owner");
    }

    function test_ComingBackInWithTheSameHashFails() public {
        ReentrantCreator creator = new ReentrantCreator(registry);
        registry.commit(address(creator), registry.commitmentOf(address(creator), HASH, "m", "c", 0));
        vm.warp(block.timestamp + AGE_S);
        creator.register(HASH, HASH, false);
        isTrue(creator.sawWholeRecord(), "the record is complete before the receiver is called");
        isTrue(!creator.againSucceeded(), "no second token");
        eq(keccak256(bytes(creator.againReason())), keccak256("Content already registered"), "reason");
        eq(registry.tokenCount(), 1, "tokens");
    }

    function test_ComingBackInWithAnotherHashIsAnOrdinaryRegistration() public {
        ReentrantCreator creator = new ReentrantCreator(registry);
        bytes32 other = keccak256("other");
        registry.commit(address(creator), registry.commitmentOf(address(creator), HASH, "m", "c", 0));
        registry.commit(address(creator), registry.commitmentOf(address(creator), other, "m", "c", 0));
        vm.warp(block.timestamp + AGE_S);
        creator.register(HASH, other, false);
        isTrue(creator.againSucceeded(), "second registration");
        eq(registry.tokenIds(HASH), 1, "first token");
        eq(registry.tokenIds(other), 2, "second token");
    }

    function test_AReceiverThatRefusesLeavesNothing() public {
        ReentrantCreator creator = new ReentrantCreator(registry);
        registry.commit(address(creator), registry.commitmentOf(address(creator), HASH, "m", "c", 0));
        vm.warp(block.timestamp + AGE_S);
        vm.expectRevert();
        creator.register(HASH, 0, true);
        eq(registry.tokenIds(HASH), 0, "no token");
        eq(registry.tokenCount(), 0, "no count");
    }

    function test_OnlyTheVerifierVerifies() public {
        registerFor(ALICE, HASH);
        bytes32 role = registry.VERIFIER_ROLE();
        address[3] memory others = [ALICE, ADMIN, MALLORY];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, others[i], role)
            );
            vm.prank(others[i]);
            registry.setVerified(HASH, true);
        }
        vm.startPrank(VERIFIER);
        vm.expectRevert(abi.encodeWithSelector(ContentRegistry.UnknownContent.selector, keccak256("unknown")));
        registry.setVerified(keccak256("unknown"), true);
        registry.setVerified(HASH, true);
        vm.stopPrank();
        (bool verified,) = registry.verifyContent(HASH);
        isTrue(verified, "verified");
    }

    function test_UnknownContentIsAnError() public {
        vm.expectRevert(abi.encodeWithSelector(ContentRegistry.UnknownContent.selector, HASH));
        registry.verifyContent(HASH);
    }

    function test_TextsAreBounded() public {
        string memory long = string(new bytes(129));
        vm.startPrank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(ContentRegistry.TextTooLong.selector, 129));
        registry.registerContent(HASH, long, CID);
        vm.expectRevert(abi.encodeWithSelector(ContentRegistry.TextTooLong.selector, 129));
        registry.registerContent(HASH, MODEL, long);
        vm.expectRevert(ContentRegistry.EmptyHash.selector);
        registry.registerContent(0, MODEL, CID);
        vm.stopPrank();
    }

    function test_ItIsAnErc721() public view {
        isTrue(registry.supportsInterface(type(IERC721).interfaceId), "ERC-721");
        isTrue(registry.supportsInterface(0x5b5e139f), "metadata");
        isTrue(registry.supportsInterface(type(IAccessControl).interfaceId), "roles");
        isTrue(!registry.supportsInterface(0xffffffff), "not everything");
    }

    /// What is committed to is exactly what can be registered: any other field is another commitment.
    function testFuzz_TheCommitmentBindsEveryField(address creator, bytes32 hash, bytes32 salt, uint8 which) public {
        vm.assume(creator != address(0) && creator.code.length == 0 && hash != 0);
        commitFor(creator, hash, salt);
        vm.warp(block.timestamp + AGE_S);
        vm.startPrank(creator);
        which %= 4;
        vm.expectRevert();
        if (which == 0) registry.registerSalted(bytes32(uint256(hash) ^ 1), MODEL, CID, salt);
        else if (which == 1) registry.registerSalted(hash, "another model", CID, salt);
        else if (which == 2) registry.registerSalted(hash, MODEL, "another CID", salt);
        else registry.registerSalted(hash, MODEL, CID, bytes32(uint256(salt) ^ 1));
        registry.registerSalted(hash, MODEL, CID, salt);
        vm.stopPrank();
        eq(registry.ownerOf(1), creator, "owner");
    }
}

/// @notice Registrations that somebody else sends.
contract SignedRegistrationTest is ContentRegistrySetUp {
    uint256 internal constant KEY = 0xA11CE;
    bytes32 internal constant TYPEHASH = keccak256(
        "Registration(bytes32 contentHash,address creator,string modelId,string metadata,bytes32 salt,"
        "uint256 nonce,uint256 deadline)"
    );
    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    address internal creator;

    function setUp() public override {
        super.setUp();
        creator = vm.addr(KEY);
    }

    function signed(uint256 key, bytes32 hash, uint256 nonce, uint256 deadline)
        internal
        returns (ContentRegistry.SignedRegistration memory)
    {
        bytes32 domain = keccak256(
            abi.encode(
                DOMAIN_TYPEHASH, keccak256("WitanContentRegistry"), keccak256("1"), block.chainid, address(registry)
            )
        );
        bytes32 fields = keccak256(
            abi.encode(
                TYPEHASH, hash, creator, keccak256(bytes(MODEL)), keccak256(bytes(CID)), bytes32(0), nonce, deadline
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked(hex"1901", domain, fields)));
        return ContentRegistry.SignedRegistration(hash, creator, MODEL, CID, 0, deadline, abi.encodePacked(r, s, v));
    }

    function refused(ContentRegistry.SignedRegistration memory registration) internal {
        vm.expectRevert(abi.encodeWithSelector(ContentRegistry.BadSignature.selector, creator));
        vm.prank(MALLORY);
        registry.registerFor(registration);
    }

    function test_TheTokenIsTheSigners() public {
        commitFor(creator, HASH, 0);
        vm.warp(block.timestamp + AGE_S);
        ContentRegistry.SignedRegistration memory registration = signed(KEY, HASH, 0, block.timestamp);
        vm.prank(MALLORY);
        uint256 tokenId = registry.registerFor(registration);
        eq(registry.ownerOf(tokenId), creator, "owner");
        eq(registry.nonces(creator), 1, "nonce");
    }

    function test_ASignatureWorksOnce() public {
        commitFor(creator, HASH, 0);
        vm.warp(block.timestamp + AGE_S);
        ContentRegistry.SignedRegistration memory registration = signed(KEY, HASH, 0, block.timestamp);
        registry.registerFor(registration);
        refused(registration);
    }

    function test_OthersSignaturesOldNoncesAndLateOnesAreRefused() public {
        commitFor(creator, HASH, 0);
        vm.warp(block.timestamp + AGE_S);
        refused(signed(0xB0B, HASH, 0, block.timestamp));
        refused(signed(KEY, HASH, 1, block.timestamp));
        refused(signed(KEY, HASH, 0, block.timestamp - 1));
        ContentRegistry.SignedRegistration memory changed = signed(KEY, HASH, 0, block.timestamp);
        changed.metadata = "another";
        refused(changed);
        eq(registry.nonces(creator), 0, "a refusal uses no nonce");
    }

    function test_ASignatureDoesNotReplaceTheCommitment() public {
        ContentRegistry.SignedRegistration memory registration = signed(KEY, HASH, 0, block.timestamp);
        vm.expectRevert(notCommitted(creator, HASH, 0, 0));
        registry.registerFor(registration);
    }
}
